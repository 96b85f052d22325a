import assert from "node:assert/strict";
import { AccountMail } from "../../src/auth/account_mail.ts";
import { jsonLog } from "../../src/core/log.ts";
import { within } from "../support/within.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("AccountMail is idle once all mail is sent or has failed, and what that has begun", async () => {
  const lines: string[] = [];
  const mail = new AccountMail({ log: jsonLog("warn", (line) => lines.push(line)) } as never);
  const [first, second] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isIdle = false;
  mail.inBackground("Sending", async () => {
    await first.promise;
    mail.inBackground("Sending more", () => second.promise);
  });
  const idle = mail.idle().then(() => isIdle = true);
  await turn();
  assert.equal(isIdle, false);
  first.resolve();
  await turn();
  assert.equal(isIdle, false, "the second mail is under way");
  second.reject(new Error("refused"));
  await within("all mail is done", idle, 20_000);
  assert.deepEqual(lines.map((line) => JSON.parse(line).message), ["Sending more failed"]);
  await within("nothing is sent", mail.idle(), 20_000);
});

/** A mailer whose only mail ends with `sending`, and with `close()` as that of SMTP does. */
function mailOf(sending: PromiseWithResolvers<void>) {
  const done: string[] = [];
  const mailer = {
    close() {
      done.push("closed");
      sending.reject(new Error("the mailer is closed"));
      return Promise.resolve();
    },
  };
  const mail = new AccountMail({ mailer, log: jsonLog("error", () => {}) } as never);
  // A failed mail is still noted somewhere.
  mail.inBackground(
    "Sending",
    () => sending.promise.finally(() => turn().then(() => done.push("sent"))),
  );
  return { mail, done };
}

Deno.test("AccountMail sends what is in progress before it closes the mailer", async () => {
  const sending = Promise.withResolvers<void>();
  const { mail, done } = mailOf(sending);
  const closed = mail.close(600_000);
  await turn();
  assert.deepEqual(done, []);
  sending.resolve();
  await within("the mailer is closed", closed);
  assert.deepEqual(done, ["sent", "closed"]);
});

Deno.test("AccountMail closes the mailer when a mail server hangs, and waits for the end of its mail", async () => {
  const { mail, done } = mailOf(Promise.withResolvers());
  await within("the mailer is closed", mail.close(1));
  assert.deepEqual(done, ["closed", "sent"]);
});
