import assert from "node:assert/strict";
import { AccountWorld } from "../support/account_world.ts";
import { eventually } from "../support/eventually.ts";
import { TestSmtpServer } from "../support/smtp_server.ts";

Deno.test("the server with SMTP_URL sends mail by SMTP and logs nothing of it", async () => {
  const smtp = await TestSmtpServer.start();
  try {
    await using world = await AccountWorld.open({
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      MAIL_FROM: "Chat <chat@example.org>",
    });
    const ann = await world.register("ann");
    const mail = await eventually("the mail has come", () => smtp.received[0]);
    assert.deepEqual([mail.from, mail.to], ["chat@example.org", [ann.email]]);
    assert.match(mail.raw, /Confirm your e-mail/);
    assert.deepEqual(world.mails, []);
  } finally {
    await smtp.close();
  }
});

Deno.test("requests succeed while the mail server is unreachable", async () => {
  await using world = await AccountWorld.open({
    SMTP_URL: "smtp://127.0.0.1:9",
    MAIL_FROM: "chat@example.org",
  });
  const ann = await world.register("ann");
  const forgot = { email: ann.email };
  assert.equal((await world.send("POST", "/api/auth/password/forgot", forgot)).status, 202);
  await eventually(
    "it is logged",
    () => world.warnings.some((line) => /Sending an account link/.test(line)),
  );
});
