import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { ChatCommit } from "../../src/model/chat_step.ts";
import type { Signal } from "../../src/cluster/broker.ts";
import { KvBroker } from "../../src/cluster/kv/broker.ts";
import { kvInstanceTable } from "../../src/cluster/kv/instances.ts";
import { HandedCommits } from "../../src/cluster/kv/handed_commits.ts";
import { outboxKey } from "../../src/cluster/kv/keys.ts";
import { ThreadChannel } from "../../src/cluster/kv/thread_channel.ts";
import { Instances } from "../../src/cluster/shared/instances.ts";
import { ReceivedSignals } from "../contract/broker.ts";
import { aMember, aMessage } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";

/** An instance on the KV; one with a channel is a thread of the same process. */
async function anInstance(kv: Deno.Kv, channel?: string) {
  const instances = new Instances({
    table: kvInstanceTable(kv),
    log: silentLog,
    beatMs: 50,
    leftGraceMs: 200,
  });
  const threads = channel === undefined ? undefined : new ThreadChannel(channel, instances.id);
  const broker = new KvBroker({ kv, instances, threads, log: silentLog });
  const received = new ReceivedSignals();
  await broker.start(received);
  const knows = (id: string) => instances.knows(id);
  return { id: instances.id, knows, leave: () => instances.leave(), broker, received, threads };
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
    // The last may be under way when an earlier one has arrived.
    await eventually("it has them up to the last", () => {
      assert.deepEqual(signals, sent.slice(-signals.length));
      return true;
    });
    await outside.broker.close();
    await Promise.all([speaker.broker.close(), listener.broker.close()]);
  },
);

Deno.test("KvBroker forgets a thread that has left", options, async () => {
  using kv = await Deno.openKv(":memory:");
  const [stays, leaves] = await threads(kv);
  await leaves.leave();
  await leaves.broker.close();
  await eventually("it is gone", () => !stays.knows(leaves.id));
  assert.ok(!stays.threads!.has(leaves.id));
  await stays.broker.close();
});

function aCommit(chatId: string, rev: number, text = "a secret"): ChatCommit {
  const message = aMessage(chatId, rev, { text });
  return { chatId, after: rev - 1, rev, steps: [{ type: "message.created", rev, message }] };
}

Deno.test(
  "KvBroker hands the rows of commits to the threads of its process, and to no other",
  options,
  async () => {
    using kv = await Deno.openKv(":memory:");
    const [speaker, listener] = await threads(kv);
    const chatId = newId();
    const commits = [1, 2].map((rev) => aCommit(chatId, rev));
    for (const commit of commits) {
      speaker.broker.handOver(commit);
      speaker.broker.publish({ type: "chat", chatId, rev: commit.rev });
    }
    await eventually("they arrive", () => listener.received.commits.at(-1)?.rev === 2);
    assert.deepEqual(listener.received.commits.flatMap(({ steps }) => steps), [
      ...commits[0].steps,
      ...commits[1].steps,
    ]);
    const outside = await anInstance(kv);
    await eventually("it is known", () => speaker.knows(outside.id));
    speaker.broker.handOver(aCommit(chatId, 3));
    speaker.broker.publish({ type: "chat", chatId, rev: 3 });
    // A gap, if it finds the number of an earlier batch missing.
    await eventually("the pointer or a gap arrives", () => {
      return outside.received.signals.length + outside.received.gaps > 0;
    });
    assert.deepEqual(outside.received.commits, []);
    const written = await Array.fromAsync(kv.list({ prefix: [] }));
    assert.ok(!JSON.stringify(written.map(({ value }) => textOf(value))).includes("a secret"));
    await outside.broker.close();
    await Promise.all([speaker.broker.close(), listener.broker.close()]);
  },
);

function textOf(value: unknown): unknown {
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : value;
}

Deno.test("HandedCommits joins the commits of a chat that follow each other", () => {
  const handed = new HandedCommits();
  for (const rev of [1, 2, 3]) handed.add(aCommit("one", rev));
  handed.add(aCommit("other", 7));
  const [one, other] = handed.take();
  assert.deepEqual([one.after, one.rev, one.steps.length], [0, 3, 3]);
  assert.deepEqual([other.after, other.rev], [6, 7]);
  assert.deepEqual(handed.take(), []);
});

Deno.test("HandedCommits leaves what is large, and changes of members, to be read", () => {
  const handed = new HandedCommits();
  handed.add(aCommit("large", 1, "x".repeat(20_000)));
  for (let rev = 1; rev <= 65; rev++) handed.add(aCommit("many", rev));
  const { steps, ...commit } = aCommit("members", 2);
  const step = { type: "member.updated" as const, rev: 1, member: aMember("members") };
  handed.add({ ...commit, after: 0, steps: [step, ...steps] });
  assert.deepEqual(handed.take(), []);
});
