import assert from "node:assert/strict";
import type { ChatChange, CommitOutcome } from "../../../src/store/chat_store.ts";
import { BrokenBatch, CommitQueue } from "../../../src/store/mongo/commit_queue.ts";
import { aChange, aChat, aMessage } from "../../contract/store/rows.ts";
import { eventually } from "../../support/eventually.ts";

/** Applies changes, except to chats whose names say how they fail. */
class Applied {
  readonly transactions: string[][] = [];
  /** While set, transactions do not end. */
  held: PromiseWithResolvers<void> | null = null;
  readonly queue = new CommitQueue({
    alone: async (change) => {
      await this.#record([change]);
      return outcomeOf(change);
    },
    together: async (changes) => {
      await this.#record(changes);
      if (changes.some(({ chat }) => chat.name === "lost")) throw new Error("outcome unknown");
      if (changes.some(({ chat }) => chat.name !== "")) throw new BrokenBatch("one of them");
    },
  });

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

Deno.test("CommitQueue tries no change again whose outcome is unknown", async () => {
  const applied = new Applied();
  const outcomes = await applied.commitTogether(["", "lost", ""]);
  assert.deepEqual(outcomes.map(({ status }) => status), Array(3).fill("rejected"));
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 3]);
});

Deno.test("CommitQueue bounds a transaction, and begins another beside one only when it is full", async () => {
  const applied = new Applied();
  const held = applied.held = Promise.withResolvers<void>();
  const all = Array.from({ length: 64 }, () => applied.commit(""));
  await eventually("the first has begun", () => applied.transactions.length === 1);
  all.push(applied.commit(""));
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 64]);
  all.push(applied.commit("", "long".repeat(20_000)), applied.commit("", "long".repeat(20_000)));
  applied.held = null;
  held.resolve();
  await Promise.all(all);
  assert.deepEqual(applied.transactions.map(({ length }) => length), [1, 64, 1, 1]);
});

Deno.test("CommitQueue waits for no transaction that takes long", async () => {
  const applied = new Applied();
  const held = applied.held = Promise.withResolvers<void>();
  const first = applied.commit("");
  applied.held = null;
  assert.equal(await applied.commit(""), "committed");
  held.resolve();
  assert.equal(await first, "committed");
});
