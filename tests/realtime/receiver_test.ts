import assert from "node:assert/strict";
import type { Signal } from "../../src/cluster/broker.ts";
import type { ChatCommit } from "../../src/model/chat_step.ts";
import { NO_TRACING, type Tracing } from "../../src/core/tracing.ts";
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

Deno.test("Receiver passes on typing, and whose typing is hidden", () => {
  const received: unknown[] = [];
  const typing = { signal: (...said: unknown[]) => void received.push(said), gone() {} };
  const receiver = new Receiver({ signals() {}, recover() {} } as never, typing);
  const signals: Signal[] = [
    { type: "typing", chatId: "chat", userId: "ann", typing: true },
    { type: "typing.hide", userId: "ann" },
  ];
  receiver.onSignals(signals, "another");
  assert.deepEqual(received, signals.map((signal) => [signal, "another"]));
});

Deno.test("Receiver delivers the commits of other threads as the hub delivers those of this one", () => {
  const delivered: ChatCommit[] = [];
  const hub = { commit: (commit: ChatCommit) => void delivered.push(commit) };
  const receiver = new Receiver(hub as never, { signal() {}, gone() {} });
  const commits = [1, 2].map((rev) => ({ chatId: "a", after: rev - 1, rev, steps: [] }));
  receiver.onCommits(commits);
  assert.deepEqual(delivered, commits);
});

Deno.test("Receiver delivers each signal within its commit's trace while tracing is on, and all at once otherwise", () => {
  const [first, second] = [1, 2].map((rev): Signal => ({ type: "chat", chatId: "chat", rev }));
  const traced: Signal = { ...first as Signal & { type: "chat" }, trace: "00-a-b-01" };
  const deliver = (isOn: boolean) => {
    const calls: unknown[] = [];
    const hub = { signals: (signals: Signal[]) => calls.push(signals), recover() {} };
    const continued = (trace: string, _name: string, work: () => void) => {
      calls.push(trace);
      work();
    };
    const tracing = { ...NO_TRACING, isOn, continued } as Tracing;
    new Receiver(hub as never, { signal() {}, gone() {} }, { tracing })
      .onSignals([traced, second], "other");
    return calls;
  };
  assert.deepEqual(deliver(false), [[traced, second]]);
  assert.deepEqual(deliver(true), ["00-a-b-01", [traced], [second]]);
});
