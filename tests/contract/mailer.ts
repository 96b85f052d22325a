import assert from "node:assert/strict";
import type { Mailer } from "../../src/mail/mailer.ts";

export interface ArrivedMail {
  to: string;
  subject: string;
  text: string;
}

export interface MailerUnderTest {
  mailer: Mailer;
  arrived(): ArrivedMail[];
  close(): Promise<void>;
}

export const sampleMail = {
  to: "ada@example.com",
  subject: "Confirm your address – 確認",
  text:
    "Hello Ada,\n\nPlease follow\nhttps://chat.example.com/verify#token=abc_DEF-123\n\n.\n— Chat\n",
};

/** None of these is one address; some would be two, or a header, or a command to the server. */
const NOT_AN_ADDRESS = [
  "",
  "ada",
  "@example.com",
  "ada@",
  "ada@@example.com",
  "ada@example.com, eve@example.com",
  "ada@example.com;eve@example.com",
  "ada@example.com\r\nBcc: eve@example.com",
  "ada@example.com\nRCPT TO:<eve@example.com>",
  "Ada <ada@example.com>",
  "<ada@example.com>",
  '"ada eve"@example.com',
  "ada@example.com\0",
  "ada @example.com",
  "ada@exa\u2028mple.com",
  `${"a".repeat(65)}@example.com`,
  `ada@${"a".repeat(250)}.com`,
];

export function mailerContract(name: string, open: () => Promise<MailerUnderTest>): void {
  const test = (title: string, body: (under: MailerUnderTest) => Promise<void>) =>
    Deno.test(`${name}: ${title}`, async () => {
      const under = await open();
      try {
        await body(under);
      } finally {
        await under.mailer.close();
        await under.close();
      }
    });

  test("a mail arrives as it was written", async ({ mailer, arrived }) => {
    await mailer.send(sampleMail);
    assert.deepEqual(arrived(), [sampleMail]);
  });

  test("concurrent mails all arrive, each at its own recipient", async ({ mailer, arrived }) => {
    const to = Array.from({ length: 20 }, (_, n) => `reader${n}@example.com`);
    await Promise.all(to.map((reader) => mailer.send({ ...sampleMail, to: reader })));
    assert.deepEqual(arrived().map((mail) => mail.to).sort(), to.sort());
  });

  test("a line break in the subject starts no header", async ({ mailer, arrived }) => {
    const subject = "Hello\r\nBcc: eve@example.com\r\n\r\nbody";
    await mailer.send({ ...sampleMail, subject });
    assert.deepEqual(arrived(), [
      { ...sampleMail, subject: "Hello Bcc: eve@example.com body" },
    ]);
  });

  test("an invalid address is rejected, and nothing is sent", async ({ mailer, arrived }) => {
    for (const to of NOT_AN_ADDRESS) {
      const sending = mailer.send({ ...sampleMail, to });
      await assert.rejects(sending, { code: "invalid_request" }, JSON.stringify(to));
    }
    assert.deepEqual(arrived(), []);
  });

  test("closing twice is harmless", async ({ mailer }) => {
    await mailer.send(sampleMail);
    await mailer.close();
    await mailer.close();
  });
}
