import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { KvBroker } from "../../src/cluster/kv/broker.ts";
import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { outboxKey } from "../../src/cluster/kv/keys.ts";
import { ThreadChannel } from "../../src/cluster/kv/thread_channel.ts";
import { Instances } from "../../src/cluster/shared/instances.ts";
import { ReceivedSignals } from "../contract/broker.ts";
import { eventually } from "../support/eventually.ts";

/** An instance on the KV; one with a channel is a thread of the same process. */
async function anInstance(kv: Deno.Kv, channel?: string) {
  const instances = new Instances({ table: kvInstanceTable(kv), log: silentLog, beatMs: 50 });
  const threads = channel === undefined ? undefined : new ThreadChannel(channel, instances.id);
  const broker = new KvBroker({ kv, instances, threads, log: silentLog });
  const received = new ReceivedSignals();
  await broker.start(received);
  const knows = (id: string) => instances.knows(id);
  return { id: instances.id, knows, broker, received, threads };
}

function signal(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

/** Two threads of one process that know each other. */
async function threads(kv: Deno.Kv) {
  const channel = newId();
  const both = [await anInstance(kv, channel), await anInstance(kv, channel)];
  const [one, other] = both;
  await eventually("they know each other", () => {
    return one.threads!.has(other.id) && one.knows(other.id) && other.knows(one.id);
  });
  return both;
}

async function writtenBy(kv: Deno.Kv, id: string): Promise<number> {
  const [prefix] = outboxKey(id, 1);
  return (await Array.fromAsync(kv.list({ prefix: [prefix, id] }))).length;
}

/** Watches of Deno KV end a moment after they were canceled. */
const options = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "KvBroker gives the threads of its process all signals in order, and writes none",
  options,
  async () => {
    using kv = await Deno.openKv(":memory:");
    const [speaker, listener] = await threads(kv);
    const before = await writtenBy(kv, speaker.id);
    const sent: Signal[] = [];
    for (let i = 0; i < 200; i++) {
      sent.push(signal());
      speaker.broker.publish(sent[i]);
      if (i % 2 === 0) await speaker.broker.flush();
    }
    await eventually("all are received", () => listener.received.signals.length >= sent.length);
    assert.deepEqual(listener.received.signals.slice(-sent.length), sent);
    assert.equal(await writtenBy(kv, speaker.id), before);
    assert.equal(listener.received.gaps, 0);
    await Promise.all([speaker.broker.close(), listener.broker.close()]);
  },
);

Deno.test(
  "KvBroker reaches an instance of another process beside its threads",
  options,
  async () => {
    using kv = await Deno.openKv(":memory:");
    const [speaker, listener] = await threads(kv);
    const outside = await anInstance(kv);
    const sent: Signal[] = [];
    // Signals from before the speaker has noticed it are made up for by a gap.
    await eventually("a signal arrives outside", async () => {
      sent.push(signal());
      speaker.broker.publish(sent.at(-1)!);
      await speaker.broker.flush();
      return outside.received.signals.length > 0;
    });
    await eventually(
      "it has all the others",
      () => listener.received.signals.length >= sent.length,
    );
    assert.deepEqual(listener.received.signals, sent);
    const { signals } = outside.received;
    assert.deepEqual(signals, sent.slice(-signals.length));
    await outside.broker.close();
    await Promise.all([speaker.broker.close(), listener.broker.close()]);
  },
);
