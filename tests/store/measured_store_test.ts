import assert from "node:assert/strict";
import { MetricsRegistry } from "../../src/core/metrics.ts";
import { measuredStore } from "../../src/store/measured_store.ts";
import type { Store } from "../../src/store/store.ts";
import { valueOf } from "../support/metrics_text.ts";

/** A part of a store whose calls end on demand. */
class Rows {
  #names = ["ann"];

  count = 1;

  names(): string[] {
    return this.#names;
  }

  later(work: Promise<unknown>): Promise<unknown> {
    return work;
  }
}

class Opened {
  #isOpen = true;
  readonly users = new Rows();
  readonly chats = new Rows();
  readonly planner = null;

  close(): boolean {
    return this.#isOpen && !(this.#isOpen = false);
  }
}

function measured() {
  const metrics = new MetricsRegistry();
  const store = measuredStore(new Opened() as unknown as Store, metrics) as unknown as Opened;
  const countOf = (part: string) =>
    valueOf(metrics.text(), `realtimechat_store_duration_seconds_count{store="${part}"}`);
  return { store, countOf };
}

Deno.test("measuredStore observes each call by its part, once it has ended, also by a failure", async () => {
  const { store, countOf } = measured();
  assert.deepEqual(store.users.names(), ["ann"]);
  assert.deepEqual([countOf("users"), countOf("chats")], [1, 0]);
  const { promise, resolve } = Promise.withResolvers<string>();
  const found = store.chats.later(promise);
  assert.equal(countOf("chats"), 0, "it has not ended");
  resolve("found");
  assert.equal(await found, "found");
  assert.equal(countOf("chats"), 1);
  await assert.rejects(store.chats.later(Promise.reject(new Error("refused"))), /refused/);
  assert.deepEqual([countOf("users"), countOf("chats")], [1, 2]);
});

Deno.test("measuredStore leaves what is no call of a part as it is, and makes each part once", () => {
  const { store, countOf } = measured();
  assert.equal(store.users.count, 1);
  assert.equal(store.planner, null);
  assert.equal(store.users, store.users);
  assert.equal(store.users.names, store.users.names);
  assert.deepEqual([store.close(), store.close()], [true, false]);
  assert.equal(countOf("users"), 0);
});
