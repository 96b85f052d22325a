import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Signal } from "../../src/realtime/broker.ts";
import { Heard } from "../contract/broker.ts";
import { eventually } from "../support/eventually.ts";
import { kvBrokerOn } from "../support/open_broker.ts";

function pointer(): Signal {
  return { type: "chat", chatId: newId(), rev: 1 };
}

Deno.test("an instance that is alone writes no signals; who joins is told the newest", async () => {
  const kv = await Deno.openKv(":memory:");
  const [first, second] = [kvBrokerOn(kv), kvBrokerOn(kv)];
  const heard = new Heard();
  try {
    await first.start(new Heard());
    const before = pointer();
    first.publish(before);
    await first.flush();
    const entries = await Array.fromAsync(kv.list({ prefix: [] }));
    assert.deepEqual(entries.filter(({ value }) => value instanceof Uint8Array), []);
    await second.start(heard);
    const after = pointer();
    first.publish(after);
    await eventually("both are heard", () => heard.signals.length === 2);
    assert.deepEqual(heard.signals, [before, after]);
  } finally {
    await Promise.all([first.close(), second.close()]);
    kv.close();
  }
});

Deno.test("who joins an instance that has said more than it holds is told of a gap", async () => {
  const kv = await Deno.openKv(":memory:");
  const [first, second] = [kvBrokerOn(kv), kvBrokerOn(kv)];
  const heard = new Heard();
  try {
    await first.start(new Heard());
    for (let i = 0; i < 25_000; i++) first.publish(pointer());
    await second.start(heard);
    await eventually("the gap is told", () => heard.gaps === 1);
  } finally {
    await Promise.all([first.close(), second.close()]);
    kv.close();
  }
});

Deno.test("one who joins an instance that has said nothing is told of no gap", async () => {
  const kv = await Deno.openKv(":memory:");
  const [first, second] = [kvBrokerOn(kv), kvBrokerOn(kv)];
  const [hears, heard] = [new Heard(), new Heard()];
  try {
    await first.start(hears);
    await second.start(heard);
    const [one, other] = [pointer(), pointer()];
    second.publish(one);
    await eventually("the first hears the second", () => hears.signals.length > 0);
    first.publish(other);
    await eventually("the second hears the first", () => heard.signals.length > 0);
    assert.deepEqual([hears.signals, heard.signals], [[one], [other]]);
    assert.deepEqual([hears.gaps, heard.gaps], [0, 0]);
  } finally {
    await Promise.all([first.close(), second.close()]);
    kv.close();
  }
});
