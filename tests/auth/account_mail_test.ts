import assert from "node:assert/strict";
import { AccountMail } from "../../src/auth/account_mail.ts";
import { jsonLog } from "../../src/core/log.ts";
import { within } from "../support/within.ts";

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
  const turn = () => new Promise((resolve) => setTimeout(resolve));
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
