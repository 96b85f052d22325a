import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { headKey } from "../../src/cluster/kv/keys.ts";
import { ReceivedSignals } from "../contract/broker.ts";
import { eventually } from "../support/eventually.ts";
import { kvBrokerOn } from "../support/open_broker.ts";

function signal(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

Deno.test("KvBroker resumes reading an instance that was considered dead, without repeats", async () => {
  const kv = await Deno.openKv(":memory:");
  const [speaker, listener] = [kvBrokerOn(kv), kvBrokerOn(kv)];
  const [ignored, received] = [new ReceivedSignals(), new ReceivedSignals()];
  await listener.start(received);
  await speaker.start(ignored);
  const sent = [signal(), signal(), signal()];
  const say = async (some: Signal) => {
    speaker.publish(some);
    await speaker.flush();
  };
  await say(sent[0]);
  await eventually("it is received", () => received.signals.length === 1);
  await kvInstanceTable(kv).remove(received.from[0]);
  await eventually("it is considered gone", () => received.gone.length === 1);
  await say(sent[1]);
  await eventually("it is back", () => received.signals.length > 1);
  await say(sent[2]);
  await eventually("the last is received", () => received.signals.length > 2);
  assert.deepEqual(received.signals, sent);
  await Promise.all([speaker.close(), listener.close()]);
  kv.close();
});

Deno.test("KvBroker does not deliver old signals of a dead instance that is being swept", async () => {
  const kv = await Deno.openKv(":memory:");
  const [dead, listener, speaker] = [kvBrokerOn(kv), kvBrokerOn(kv), kvBrokerOn(kv)];
  const [ignored, received] = [new ReceivedSignals(), new ReceivedSignals()];
  await Promise.all([dead.start(ignored), speaker.start(ignored)]);
  await eventually("they know each other", async () => {
    dead.publish(signal());
    await dead.flush();
    return ignored.from.length > 0;
  });
  await dead.close();
  const { id } = (await kvInstanceTable(kv).list()).find(({ state }) => state === "left")!;
  // The first deletion of a sweep; the instance that swept died before the rest.
  await kv.delete(headKey(id));
  await listener.start(received);
  const last = signal();
  await eventually("the listener is known", async () => {
    speaker.publish(last);
    await speaker.flush();
    return received.signals.length > 0;
  });
  assert.deepEqual(received.signals[0], last);
  await Promise.all([listener.close(), speaker.close()]);
  kv.close();
});
