import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Broker, Signal } from "../../src/cluster/broker.ts";
import { ReceivedSignals } from "../contract/broker.ts";
import { CuttableProxy } from "../support/cuttable_proxy.ts";
import { eventually } from "../support/eventually.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { mongoBrokerAt } from "../support/open_broker.ts";
import { skipWithout } from "../support/skip.ts";

const ignore = skipWithout("mongodb");
/** The driver's own timers run on for a while after a connection has broken. */
const options = { ignore, sanitizeOps: false, sanitizeResources: false };

function signal(): Signal {
  return { type: "typing", chatId: newId(), userId: newId(), typing: true };
}

function has({ signals }: ReceivedSignals, { chatId }: Signal & { chatId?: string }): boolean {
  return signals.some((each) => "chatId" in each && each.chatId === chatId);
}

async function started(uri: string): Promise<{ broker: Broker; received: ReceivedSignals }> {
  const [broker, received] = [await mongoBrokerAt(uri), new ReceivedSignals()];
  await broker.start(received);
  return { broker, received };
}

Deno.test({
  ...options,
  name: "MongoBroker resumes a change stream after its connection breaks, and loses nothing",
  fn: async () => {
    await using server = await MongodbServer.start();
    await using proxy = new CuttableProxy(() => server.port);
    const uri = server.uri();
    const listener = await started(uri.replace(`:${server.port}`, `:${proxy.port}`));
    const speaker = await started(uri);
    const sent: Signal[] = [];
    const say = async () => {
      const next = signal();
      sent.push(next);
      speaker.broker.publish(next);
      await speaker.broker.flush();
    };
    await say();
    await eventually("it is received", () => has(listener.received, sent[0]));
    for (let i = 0; i < 3; i++) {
      proxy.cut();
      for (let j = 0; j < 20; j++) await say();
      await eventually("the last is received", () => has(listener.received, sent.at(-1)!));
    }
    const { gaps, signals } = listener.received;
    assert.deepEqual([gaps, signals], [0, sent]);
    const theirs = signal();
    listener.broker.publish(theirs);
    await eventually("and the other way", () => has(speaker.received, theirs));
    await Promise.all([listener.broker.close(), speaker.broker.close()]);
  },
});

Deno.test({
  ...options,
  name: "MongoBroker recovers after MongoDB was killed, and reports a gap",
  fn: async () => {
    await using server = await MongodbServer.start();
    const uri = server.uri();
    const [a, b] = [await started(uri), await started(uri)];
    const before = signal();
    a.broker.publish(before);
    await eventually("it is received", () => has(b.received, before));
    await server.kill();
    const during = signal();
    a.broker.publish(during);
    await server.restart();
    await eventually("it was received, or a gap was reported", () => {
      return has(b.received, during) || b.received.gaps > 0;
    });
    for (const [from, to] of [[a, b], [b, a]]) {
      await eventually("signals flow", async () => {
        const after = signal();
        from.broker.publish(after);
        await from.broker.flush();
        return await eventually("it arrived", () => has(to.received, after), { within: 2_000 })
          .then(
            () => true,
          );
      }, { within: 40_000 });
      assert.equal(from.broker.fault(), null);
    }
    await Promise.all([a.broker.close(), b.broker.close()]);
  },
});
