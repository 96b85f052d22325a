import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { SmtpMailer } from "../../src/mail/mailer_smtp.ts";
import { SmtpUrl } from "../../src/mail/smtp_url.ts";
import { mailerContract, sampleMail } from "../contract/mailer.ts";
import { parseMimeMessage } from "../support/mime_message.ts";
import { type SmtpServerOptions, TestSmtpServer } from "../support/smtp_server.ts";

const from = { name: "Chat", address: "noreply@chat.example.com" };
const credentials = { user: "chat", password: "p@ss/word" };
const SIGN_IN = `chat:${encodeURIComponent(credentials.password)}@`;

function mailerFor(port: number, { signIn = "", query = "", timeoutMs = 5_000 } = {}): SmtpMailer {
  const url = new SmtpUrl(`smtp://${signIn}127.0.0.1:${port}${query}`);
  return new SmtpMailer({ url, from, timeoutMs });
}

mailerContract("SMTP", async () => {
  const server = await TestSmtpServer.start();
  return {
    mailer: mailerFor(server.port),
    arrived: () =>
      server.received.map(({ to, raw }) => {
        const { headers, text = "" } = parseMimeMessage(raw);
        assert.deepEqual(headers.get("to"), to);
        return { to: to.join(), subject: headers.get("subject")!.join(), text };
      }),
    close: () => server.close(),
  };
});

/**
 * After a failure nodemailer's pool looks at its queue once more 100 ms later, also once closed.
 */
const LATE_TIMER = { sanitizeOps: false, sanitizeResources: false };

function test(
  title: string,
  options: SmtpServerOptions,
  body: (server: TestSmtpServer) => Promise<void>,
): void {
  const fn = async () => {
    const server = await TestSmtpServer.start(options);
    try {
      await body(server);
    } finally {
      await server.close();
    }
  };
  Deno.test({ name: `SMTP: ${title}`, ...LATE_TIMER, fn });
}

/** Closes the mailer in any case: an open pool would keep the test's server from closing. */
async function thenClose(mailer: SmtpMailer, body: () => Promise<unknown>): Promise<void> {
  try {
    await body();
  } finally {
    await mailer.close();
  }
}

test(
  "text and HTML arrive, from the configured address, marked as automatic",
  {},
  async (server) => {
    const mailer = mailerFor(server.port);
    const html = "<p>Hello Ada – 確認</p>";
    await thenClose(mailer, () => mailer.send({ ...sampleMail, html }));
    const message = parseMimeMessage(server.received[0].raw);
    assert.equal(message.html?.trim(), html);
    assert.equal(message.text, sampleMail.text);
    assert.equal(server.received[0].from, from.address);
    assert.deepEqual(message.headers.get("from"), [`Chat <${from.address}>`]);
    assert.deepEqual(message.headers.get("auto-submitted"), ["auto-generated"]);
  },
);

test("a line break in the sender's name does not start a header", {}, async (server) => {
  const url = new SmtpUrl(`smtp://127.0.0.1:${server.port}`);
  const name = "Chat\r\nBcc: eve@example.com";
  const mailer = new SmtpMailer({ url, from: { ...from, name } });
  await thenClose(mailer, () => mailer.send(sampleMail));
  const { headers } = parseMimeMessage(server.received[0].raw);
  assert.equal(headers.has("bcc"), false);
  assert.deepEqual(server.received[0].to, [sampleMail.to]);
});

test("consecutive mails use one connection", {}, async (server) => {
  const mailer = mailerFor(server.port);
  await thenClose(mailer, async () => {
    for (let n = 0; n < 5; n++) await mailer.send(sampleMail);
  });
  assert.equal(server.received.length, 5);
  assert.equal(server.connections, 1);
});

test("STARTTLS is used if it is offered, and the account signs in", {
  startTls: true,
  credentials,
}, async (server) => {
  const query = "/?tls.rejectUnauthorized=false";
  const mailer = mailerFor(server.port, { signIn: SIGN_IN, query });
  await thenClose(mailer, () => mailer.send(sampleMail));
  assert.equal(server.received[0].secure, true);
  assert.equal(server.received[0].user, credentials.user);
});

test("an untrusted certificate is rejected", { startTls: true }, async (server) => {
  const mailer = mailerFor(server.port);
  await thenClose(mailer, () => assert.rejects(mailer.send(sampleMail), { code: "unavailable" }));
  assert.deepEqual(server.received, []);
});

test("no mail is sent if TLS is required and not offered", {}, async (server) => {
  const mailer = mailerFor(server.port, { query: "/?requireTLS=true" });
  await thenClose(mailer, () => assert.rejects(mailer.send(sampleMail), { code: "unavailable" }));
  assert.deepEqual(server.received, []);
});

test("a password is not sent unencrypted over a network", { credentials }, async (server) => {
  // 0.0.0.0 leads to this machine, but is not one of its usual names.
  const url = new SmtpUrl(`smtp://${SIGN_IN}0.0.0.0:${server.port}`);
  const mailer = new SmtpMailer({ url, from, timeoutMs: 5_000 });
  await thenClose(mailer, () => assert.rejects(mailer.send(sampleMail), { code: "unavailable" }));
  assert.equal(server.connections, 1);
  assert.equal(server.signIns, 0);
});

test(
  "a wrong password results in unavailable and is not shown",
  { credentials },
  async (server) => {
    const mailer = mailerFor(server.port, { signIn: "chat:wrong-secret@" });
    await thenClose(
      mailer,
      () =>
        assert.rejects(mailer.send(sampleMail), (error: Error & { code: string }) => {
          assert.equal(error.code, "unavailable");
          assert.ok(!inspect(error).includes("wrong-secret"));
          return true;
        }),
    );
    assert.deepEqual(server.received, []);
  },
);

test("a check signs in and sends nothing", { credentials }, async (server) => {
  for (const [signIn, isRight] of [[SIGN_IN, true], ["chat:wrong-secret@", false]] as const) {
    const mailer = mailerFor(server.port, { signIn });
    await thenClose(mailer, async () => {
      if (isRight) await mailer.check();
      else await assert.rejects(mailer.check());
    });
  }
  assert.deepEqual(server.received, []);
});

test("a permanently rejected recipient is distinguished from a temporarily rejected one", {
  refuse: {
    "nobody@example.com": 550,
    "strange@example.com": 500,
    "later@example.com": 451,
    "full@example.com": 499,
  },
}, async (server) => {
  const mailer = mailerFor(server.port);
  await thenClose(mailer, async () => {
    const sendTo = (to: string) => mailer.send({ ...sampleMail, to });
    for (const name of ["nobody", "strange"]) {
      await assert.rejects(sendTo(`${name}@example.com`), { code: "invalid_request" }, name);
    }
    for (const name of ["later", "full"]) {
      await assert.rejects(sendTo(`${name}@example.com`), { code: "unavailable" }, name);
    }
    await sendTo("ada@example.com");
  });
  assert.deepEqual(server.received.map(({ to }) => to), [["ada@example.com"]]);
});

Deno.test("SmtpMailer throws unavailable while the server is down, and recovers", async () => {
  const first = await TestSmtpServer.start();
  const { port } = first;
  const mailer = mailerFor(port);
  await thenClose(mailer, async () => {
    await mailer.send(sampleMail);
    await first.close();
    await assert.rejects(mailer.send(sampleMail), { code: "unavailable" });
    const second = await TestSmtpServer.start({}, port);
    await mailer.send(sampleMail).finally(() => mailer.close());
    assert.equal(second.received.length, 1);
    await second.close();
  });
});

Deno.test("SmtpMailer throws unavailable if the server does not respond", LATE_TIMER, async () => {
  const silent = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const mailer = mailerFor((silent.address() as AddressInfo).port, { timeoutMs: 300 });
  await thenClose(mailer, () => assert.rejects(mailer.send(sampleMail), { code: "unavailable" }));
  await new Promise((resolve) => silent.close(resolve));
});

Deno.test("SmtpMailer holds 500 mails at most, and takes more once they have failed", async () => {
  const silent = createServer((socket) => socket.on("error", () => {}));
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const url = new SmtpUrl(`smtp://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  const mailer = new SmtpMailer({ url, from, totalMs: 500, timeoutMs: 1_000 });
  await thenClose(mailer, async () => {
    const faultOf = () => mailer.send(sampleMail).then(() => "sent", (error) => String(error));
    const waiting = Array.from({ length: 500 }, faultOf);
    assert.match(await faultOf(), /too many mails are waiting/);
    for (const fault of await Promise.all(waiting)) assert.doesNotMatch(fault, /too many|^sent/);
    const later = faultOf();
    await mailer.close();
    assert.doesNotMatch(await later, /too many|^sent/);
  });
  await new Promise((resolve) => silent.close(resolve));
});

Deno.test("SmtpMailer throws unavailable once it is closed", async () => {
  const mailer = mailerFor(1);
  await mailer.close();
  await assert.rejects(mailer.send(sampleMail), { code: "unavailable" });
});

Deno.test("SmtpUrl requires TLS with a password, except to this machine", () => {
  const requires = (url: string) => new SmtpUrl(url).requireTls;
  assert.equal(requires("smtp://user:secret@mail.example.com:587"), true);
  assert.equal(requires("smtp://user:secret@mail.example.com:587/?requireTLS=false"), false);
  assert.equal(requires("smtp://mail.example.com"), false);
  assert.equal(requires("smtp://user:secret@localhost:1025"), false);
  assert.equal(requires("smtp://mail.example.com?requireTLS=true"), true);
});

Deno.test("SmtpUrl validates the URL and never shows it", () => {
  for (const url of ["", "user:secret@mail.example.com", "https://user:secret@mail.example.com"]) {
    assert.throws(() => new SmtpUrl(url), (error: Error) => {
      assert.match(error.message, /SMTP URL must be/);
      return !inspect(error).includes("secret");
    });
  }
  const good = new SmtpUrl("smtps://user:secret@mail.example.com");
  assert.ok(!inspect(good, { showHidden: true }).includes("secret"));
  assert.ok(!JSON.stringify(good).includes("secret"));
});
