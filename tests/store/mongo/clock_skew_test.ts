import assert from "node:assert/strict";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import type { Store } from "../../../src/store/store.ts";
import { anOutboxEntry } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();

/** Two hosts on one database: the clock of the second is `skewMs` ahead. */
interface Hosts {
  right: Store;
  skewed: Store;
  skewedNow: () => number;
}

function test(name: string, skewMs: number, run: (hosts: Hosts) => Promise<void>): void {
  Deno.test({
    name,
    ignore: mongodb.missing,
    fn: async () => {
      const uri = mongodb.uri();
      const skewedNow = () => Date.now() + skewMs;
      const right = await openMongoStore({ uri });
      const skewed = await openMongoStore({ uri, now: skewedNow });
      try {
        await run({ right, skewed, skewedNow });
      } finally {
        await Promise.all([right.close(), skewed.close()]);
      }
    },
  });
}

const LEASE_MS = 30_000;

test(
  "a claimed outbox entry stays claimed for a host whose clock is a minute ahead",
  60_000,
  async (hosts) => {
    const { right, skewed, skewedNow } = hosts;
    const entry = anOutboxEntry({ dueAt: Date.now() - 1 });
    await right.outbox.add(entry);
    const taken = await right.outbox.claim(Date.now(), Date.now() + LEASE_MS, 10);
    assert.deepEqual(taken.map(({ id }) => id), [entry.id]);
    assert.deepEqual(await skewed.outbox.claim(skewedNow(), skewedNow() + LEASE_MS, 10), []);
    await skewed.outbox.extend([entry.id], skewedNow() - 2_000);
    assert.equal((await right.outbox.claim(Date.now(), Date.now() + LEASE_MS, 10)).length, 1);
  },
);

for (const jumpMs of [600_000, -600_000]) {
  Deno.test({
    name: `a lease holds, and the skew is reported, after a clock was set by ${jumpMs / 1000} s`,
    ignore: mongodb.missing,
    fn: async () => {
      let skewMs = 0;
      const measured: number[] = [];
      const uri = mongodb.uri();
      const now = () => Date.now() + skewMs;
      await using stores = new AsyncDisposableStack();
      const onSkew = (behindMs: number) => void measured.push(behindMs);
      const [right, set] = [
        await openMongoStore({ uri }),
        await openMongoStore({ uri, now, onSkew }),
      ];
      for (const store of [right, set]) stores.defer(() => store.close());
      assert.deepEqual(await set.outbox.claim(now(), now() + LEASE_MS, 10), []);
      assert.ok(Math.abs(measured[0]) < 5_000, String(measured));
      skewMs = jumpMs;
      const [first, second] = [0, 1].map(() => anOutboxEntry({ dueAt: Date.now() - 1 }));
      await right.outbox.add(first);
      assert.equal((await right.outbox.claim(Date.now(), Date.now() + LEASE_MS, 10)).length, 1);
      assert.deepEqual(await set.outbox.claim(now(), now() + LEASE_MS, 10), []);
      await right.outbox.add(second);
      const taken = await set.outbox.claim(now(), now() + LEASE_MS, 10);
      assert.deepEqual(taken.map(({ id }) => id), [second.id]);
      assert.deepEqual(await right.outbox.claim(Date.now(), Date.now() + LEASE_MS, 10), []);
      assert.ok(Math.abs(measured.at(-1)! + jumpMs) < 5_000, String(measured));
    },
  });
}

test(
  "an entry of a host whose clock is a minute ahead is due at its time",
  60_000,
  async (hosts) => {
    const { right, skewed, skewedNow } = hosts;
    const entry = anOutboxEntry({ dueAt: skewedNow() - 2_000 });
    await skewed.outbox.settle([], [entry]);
    const [taken] = await right.outbox.claim(Date.now(), Date.now() + LEASE_MS, 10);
    assert.equal(taken?.id, entry.id);
  },
);

test(
  "a lease is respected by a host whose clock is a minute ahead, and by one behind",
  -60_000,
  async (hosts) => {
    const { right, skewed, skewedNow } = hosts;
    const hold = (store: Store, holder: string, now: number) =>
      store.leases.take("sweep", holder, now, now + LEASE_MS);
    assert.equal(await hold(skewed, "skewed", skewedNow()), true);
    assert.equal(await hold(right, "right", Date.now()), false);
    await skewed.leases.release("sweep", "skewed");
    assert.equal(await hold(right, "right", Date.now()), true);
    assert.equal(await hold(skewed, "skewed", skewedNow() + 1_000), false);
  },
);
