import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import type { ChatChange, CommitOutcome } from "../../../src/store/chat_store.ts";
import { BrokenBatch, CommitQueue, type Committer } from "../../../src/store/mongo/commit_queue.ts";
import { aChange, aChat, aMessage } from "../../contract/store/rows.ts";

const MINUTE = 60_000;

/** Applies changes, except to chats whose names say how they fail. */
class Applied {
  readonly transactions: string[][] = [];
  /** True if an error of several changes names the one that failed. */
  names = false;
  /** While set, transactions do not end. */
  held: PromiseWithResolvers<void> | null = null;
  readonly queue: CommitQueue;

  /** By default no transaction counts as slow. */
  constructor(slowMs = MINUTE) {
    this.queue = new CommitQueue(this.#committer, slowMs);
  }

  readonly #committer: Committer = {
    alone: async (change) => {
      await this.#record([change]);
      return outcomeOf(change);
    },
    together: async (changes) => {
      await this.#record(changes);
      if (changes.some(({ chat }) => chat.name === "lost")) throw new Error("outcome unknown");
      const change = changes.find(({ chat }) => chat.name !== "");
      if (!change) return;
      const isStale = change.chat.name === "stale";
      throw new BrokenBatch(this.names ? { change, isStale } : null);
    },
  };

  commit(name: string, text = "Hello"): Promise<CommitOutcome> {
    const chat = aChat({ name });
    return this.queue.commit(aChange(1, chat, { inserted: [aMessage(chat.id, 2, { text })] }));
  }

  /** Commits those of the names while another commit is under way. */
  async commitTogether(names: string[]): Promise<PromiseSettledResult<CommitOutcome>[]> {
    const held = this.held = Promise.withResolvers<void>();
    const all = [this.commit(""), ...names.map((name) => this.commit(name))];
    this.held = null;
    held.resolve();
    return (await Promise.allSettled(all)).slice(1);
  }

  async #record(changes: ChatChange[]): Promise<void> {
    this.transactions.push(changes.map(({ chat }) => chat.name));
    await this.held?.promise;
  }
}

function outcomeOf({ chat: { name } }: ChatChange): CommitOutcome {
  if (name === "refused") throw new Error("refused");
  return name === "stale" ? "stale" : "committed";
}

/** Resolves when no transaction is about to begin. */
async function turns(): Promise<void> {
  for (let n = 0; n < 5; n++) await new Promise((resolve) => setImmediate(resolve));
}

const committed = { status: "fulfilled", value: "committed" } as const;

Deno.test("CommitQueue lets changes that come during a transaction share the next one", async () => {
  const applied = new Applied();
  assert.deepEqual(await applied.commitTogether(["", "", ""]), Array(3).fill(committed));
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 3]);
});

Deno.test("CommitQueue lets changes of one turn share a transaction while others did", async () => {
  const applied = new Applied();
  await applied.commitTogether(["", ""]);
  const all: Promise<CommitOutcome>[] = [];
  for (let n = 0; n < 3; n++) {
    all.push(applied.commit(""));
    await null;
  }
  await Promise.all(all);
  await applied.commit("");
  await applied.commit("");
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 2, 3, 1, 1]);
});

Deno.test("CommitQueue gives each change of a broken batch its own outcome", async () => {
  const applied = new Applied();
  const names = ["", "", "stale", "", "", "refused", ""];
  const outcomes = await applied.commitTogether(names);
  for (const [n, outcome] of outcomes.entries()) {
    if (names[n] === "") assert.deepEqual(outcome, committed);
  }
  assert.deepEqual(outcomes[2], { status: "fulfilled", value: "stale" });
  assert.equal(outcomes[5].status, "rejected");
});

Deno.test("CommitQueue tries the others of a batch together when it knows which change failed", async () => {
  for (const [name, tried] of [["stale", [1, 5, 4]], ["refused", [1, 5, 4, 1]]] as const) {
    const applied = new Applied();
    applied.names = true;
    const outcomes = await applied.commitTogether(["", "", name, "", ""]);
    assert.deepEqual(outcomes.toSpliced(2, 1), Array(4).fill(committed));
    assert.equal(outcomes[2].status, name === "stale" ? "fulfilled" : "rejected");
    assert.deepEqual(applied.transactions.map(({ length }) => length), tried);
  }
});

Deno.test("CommitQueue halves what remains of a batch when another change of it fails", async () => {
  const applied = new Applied();
  applied.names = true;
  const names = ["stale", "", "stale", "", "refused", "", "", ""];
  const outcomes = await applied.commitTogether(names);
  const kinds = outcomes.map((each) => each.status === "fulfilled" ? each.value : each.status);
  const c = "committed";
  assert.deepEqual(kinds, ["stale", c, "stale", c, "rejected", c, c, c]);
});

Deno.test("CommitQueue tries no change again whose outcome is unknown", async () => {
  const applied = new Applied();
  const outcomes = await applied.commitTogether(["", "lost", ""]);
  assert.deepEqual(outcomes.map(({ status }) => status), Array(3).fill("rejected"));
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 3]);
});

Deno.test("CommitQueue begins a second transaction beside one when as many changes wait", async () => {
  const applied = new Applied();
  const held = applied.held = Promise.withResolvers<void>();
  const all = Array.from({ length: 8 }, () => applied.commit(""));
  await turns();
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1], "too few wait");
  for (let n = 0; n < 4; n++) all.push(applied.commit(""));
  await turns();
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 11]);
  for (let n = 0; n < 63; n++) all.push(applied.commit(""));
  await turns();
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 11], "no third one");
  applied.held = null;
  held.resolve();
  await Promise.all(all);
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 11, 63]);
});

Deno.test("CommitQueue bounds a transaction, and begins a third beside two only when it is full", async () => {
  const applied = new Applied();
  const held = applied.held = Promise.withResolvers<void>();
  const all = [applied.commit("")];
  for (const size of [8, 64, 64]) {
    for (let n = 0; n < size; n++) all.push(applied.commit(""));
    await turns();
  }
  for (let n = 0; n < 70; n++) all.push(applied.commit(""));
  await turns();
  const sizes = () => applied.transactions.map(({ length }) => length);
  assert.deepEqual(sizes(), [1, 8, 64, 64], "four at once");
  all.push(applied.commit("", "long".repeat(20_000)), applied.commit("", "long".repeat(20_000)));
  applied.held = null;
  held.resolve();
  await Promise.all(all);
  assert.deepEqual(sizes().slice(4), [64, 7, 1]);
});

Deno.test("CommitQueue waits for no transaction that takes long", async () => {
  const applied = new Applied(20);
  const held = applied.held = Promise.withResolvers<void>();
  const first = applied.commit("");
  applied.held = null;
  assert.equal(await applied.commit(""), "committed");
  held.resolve();
  assert.equal(await first, "committed");
});
