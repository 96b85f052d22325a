import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import { logMailer } from "../../src/mail/mailer_log.ts";
import { mailerContract, sampleMail } from "../contract/mailer.ts";

function open(secrets = true) {
  const lines: Record<string, string>[] = [];
  return {
    mailer: logMailer(jsonLog("info", (line) => lines.push(JSON.parse(line))), { secrets }),
    lines,
    arrived: () => lines.map(({ to, subject, text }) => ({ to, subject, text })),
    close: () => Promise.resolve(),
  };
}

mailerContract("Log", () => Promise.resolve(open()));

Deno.test("logMailer logs only the subject of a mail in production", async () => {
  const { mailer, lines } = open(false);
  await mailer.send(sampleMail);
  const { time: _, ...line } = lines[0];
  assert.deepEqual(line, {
    level: "warn",
    message: "A mail was not sent: SMTP_URL is not set",
    subject: sampleMail.subject,
  });
  await mailer.send({ ...sampleMail, subject: "Hello\r\nyou" });
  assert.doesNotMatch(lines[1].subject, /[\r\n]/);
  await assert.rejects(mailer.send({ ...sampleMail, to: "nobody" }));
  assert.equal(lines.length, 2);
});

Deno.test("logMailer logs the mail's link as a separate field", async () => {
  const { mailer, lines } = open();
  await mailer.send(sampleMail);
  assert.equal(lines[0].link, "https://chat.example.com/verify#token=abc_DEF-123");
});
