import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { SignalReplayBuffer } from "../../src/cluster/shared/signal_replay_buffer.ts";

function pointer(): Signal {
  return { type: "chat", chatId: newId(), rev: 1 };
}

Deno.test("SignalReplayBuffer returns new signals in order and once", () => {
  const held = new SignalReplayBuffer(() => 0);
  const signals = [pointer(), pointer(), pointer()];
  for (const signal of signals) held.add(signal);
  assert.deepEqual(held.drain(), { signals, gap: false });
  assert.deepEqual(held.drain(), { signals: [], gap: false });
});

Deno.test("SignalReplayBuffer replaces old signals by one gap", () => {
  let now = 0;
  const held = new SignalReplayBuffer(() => now);
  held.add(pointer());
  now += 60_000;
  const fresh = pointer();
  held.add(fresh);
  assert.deepEqual(held.drain(), { signals: [fresh], gap: true });
  held.add(pointer());
  now += 60_000;
  assert.deepEqual(held.drain(), { signals: [], gap: true });
  assert.deepEqual(held.drain(), { signals: [], gap: false });
});

Deno.test("SignalReplayBuffer keeps few signals of a flood", () => {
  const held = new SignalReplayBuffer(() => 0);
  for (let i = 0; i < 100_000; i++) held.add(pointer());
  const { signals, gap } = held.drain();
  assert(signals.length <= 20_000, String(signals.length));
  assert(gap);
});
