import assert from "node:assert/strict";
import { jsonLog } from "../../src/core/log.ts";
import { logMailer } from "../../src/mail/mailer_log.ts";
import { mailerContract, sampleMail } from "../contract/mailer.ts";

function open() {
  const lines: Record<string, string>[] = [];
  return {
    mailer: logMailer(jsonLog("info", (line) => lines.push(JSON.parse(line)))),
    lines,
    arrived: () => lines.map(({ to, subject, text }) => ({ to, subject, text })),
    close: () => Promise.resolve(),
  };
}

mailerContract("Log", () => Promise.resolve(open()));

Deno.test("Log: the mail's link stands by itself", async () => {
  const { mailer, lines } = open();
  await mailer.send(sampleMail);
  assert.equal(lines[0].link, "https://chat.example.com/verify#token=abc_DEF-123");
});
