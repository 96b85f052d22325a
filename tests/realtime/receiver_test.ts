import assert from "node:assert/strict";
import type { Signal } from "../../src/cluster/broker.ts";
import type { ChatCommit } from "../../src/model/chat_step.ts";
import { Receiver } from "../../src/realtime/receiver.ts";

Deno.test("Receiver passes on the heads and the changed settings of other instances", () => {
  const heads: [chatId: string, rev: number][] = [];
  let settings = 0;
  const delivered: Signal[] = [];
  const hub = { signals: (signals: Signal[]) => void delivered.push(...signals), recover() {} };
  const receiver = new Receiver(hub as never, { signal() {}, gone() {} }, {
    onHead: (chatId, rev) => heads.push([chatId, rev]),
    onSettings: () => settings++,
  });
  const signals: Signal[] = [
    { type: "chat", chatId: "a", rev: 7 },
    { type: "settings" },
    { type: "sessions", sessionIds: ["one"] },
    { type: "chat", chatId: "b", rev: 2, membersAfter: 1 },
  ];
  receiver.onSignals(signals, "another");
  assert.deepEqual(delivered, signals);
  assert.deepEqual(heads, [["a", 7], ["b", 2]]);
  assert.equal(settings, 1);
});

Deno.test("Receiver delivers the commits of other threads as the hub delivers those of this one", () => {
  const delivered: ChatCommit[] = [];
  const hub = { commit: (commit: ChatCommit) => void delivered.push(commit) };
  const receiver = new Receiver(hub as never, { signal() {}, gone() {} });
  const commits = [1, 2].map((rev) => ({ chatId: "a", after: rev - 1, rev, steps: [] }));
  receiver.onCommits(commits);
  assert.deepEqual(delivered, commits);
});
