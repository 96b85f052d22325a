import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { headKey } from "../../src/cluster/kv/keys.ts";
import { Heard } from "../contract/broker.ts";
import { eventually } from "../support/eventually.ts";
import { kvBrokerOn } from "../support/open_broker.ts";

function signal(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

Deno.test("an instance that was thought dead is heard on from where it was, nothing twice", async () => {
  const kv = await Deno.openKv(":memory:");
  const [speaker, listener] = [kvBrokerOn(kv), kvBrokerOn(kv)];
  const [nobody, heard] = [new Heard(), new Heard()];
  await listener.start(heard);
  await speaker.start(nobody);
  const sent = [signal(), signal(), signal()];
  const say = async (some: Signal) => {
    speaker.publish(some);
    await speaker.flush();
  };
  await say(sent[0]);
  await eventually("it is heard", () => heard.signals.length === 1);
  await kvInstanceTable(kv).remove(heard.from[0]);
  await eventually("it is thought gone", () => heard.gone.length === 1);
  await say(sent[1]);
  await eventually("it is back", () => heard.signals.length > 1);
  await say(sent[2]);
  await eventually("the last is heard", () => heard.signals.length > 2);
  assert.deepEqual(heard.signals, sent);
  await Promise.all([speaker.close(), listener.close()]);
  kv.close();
});

Deno.test("who begins while a dead instance is being swept hears nothing of what it said before", async () => {
  const kv = await Deno.openKv(":memory:");
  const [dead, listener, speaker] = [kvBrokerOn(kv), kvBrokerOn(kv), kvBrokerOn(kv)];
  const [nobody, heard] = [new Heard(), new Heard()];
  await Promise.all([dead.start(nobody), speaker.start(nobody)]);
  await eventually("they know each other", async () => {
    dead.publish(signal());
    await dead.flush();
    return nobody.from.length > 0;
  });
  await dead.close();
  const { id } = (await kvInstanceTable(kv).list()).find(({ state }) => state === "left")!;
  // The first of what sweeping takes away; whoever swept it died before the rest.
  await kv.delete(headKey(id));
  await listener.start(heard);
  const last = signal();
  await eventually("the listener is known", async () => {
    speaker.publish(last);
    await speaker.flush();
    return heard.signals.length > 0;
  });
  assert.deepEqual(heard.signals[0], last);
  await Promise.all([listener.close(), speaker.close()]);
  kv.close();
});
