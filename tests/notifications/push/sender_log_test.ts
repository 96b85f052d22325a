import assert from "node:assert/strict";
import { jsonLog } from "../../../src/core/log.ts";
import { logPushSender } from "../../../src/notifications/push/sender_log.ts";
import { pushSenderByKind } from "../../../src/notifications/push/sender_by_kind.ts";
import type { PushSender } from "../../../src/notifications/push/sender.ts";
import { pushSenderContract, samplePush } from "../../contract/push_sender.ts";

const target = { kind: "fcm" as const, token: "device-token" };

pushSenderContract("Log", () => {
  const lines: Record<string, unknown>[] = [];
  return Promise.resolve({
    sender: logPushSender(jsonLog("debug", (line) => lines.push(JSON.parse(line)))),
    target,
    arrived: () => pushesIn(lines),
    close: () => Promise.resolve(),
  });
});

/** A push is one line; its alert, if any, is the next. */
// deno-lint-ignore no-explicit-any
function pushesIn(lines: any[]) {
  return lines.flatMap(({ level, badge, collapseKey, data }, at) => {
    if (level !== "info") return [];
    const shown = lines[at + 1]?.level === "debug" ? lines[at + 1] : null;
    const alert = shown && { title: shown.title, body: shown.body };
    return [{ alert, badge, collapseKey, data }];
  });
}

Deno.test("logPushSender leaves message text and the token out at the default level", async () => {
  const lines: string[] = [];
  await logPushSender(jsonLog("info", (line) => lines.push(line))).send(target, samplePush);
  assert.equal(lines.length, 1);
  assert.ok(!lines[0].includes("Ada") && !lines[0].includes("Café"));
  assert.ok(!lines[0].includes(target.token));
});

Deno.test("pushSenderByKind routes each kind of target to its sender", async () => {
  const sentTo: string[] = [];
  const named = (name: string): PushSender => ({
    send: () => {
      sentTo.push(name);
      return Promise.resolve({ outcome: "delivered" });
    },
  });
  const sender = pushSenderByKind(named("fcm"), named("web"));
  await sender.send({ kind: "web", endpoint: "", p256dh: "", auth: "" }, samplePush);
  await sender.send(target, samplePush);
  assert.deepEqual(sentTo, ["web", "fcm"]);
});
