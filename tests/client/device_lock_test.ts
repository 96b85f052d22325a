import assert from "node:assert/strict";
import { DeviceLock } from "../../src/client/encryption/device_lock.ts";

/** A minimal Web Locks: one holder at a time, the others in order. */
class Locks {
  #last: Promise<unknown> = Promise.resolve();

  request(_name: string, { signal }: { signal: AbortSignal }, granted: () => Promise<void>) {
    const held = this.#last.then(() => {
      signal.throwIfAborted();
      return granted();
    });
    this.#last = held.catch(() => {});
    const aborted = new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
    });
    return Promise.race([held, aborted]);
  }
}

Deno.test("a lock whose waiting request was released is available to the next", async () => {
  Object.defineProperty(navigator, "locks", { value: new Locks(), configurable: true });
  try {
    const [first, closed, next] = [1, 2, 3].map(() => new DeviceLock("device"));
    await first.take();
    const waiting = closed.take();
    closed.release();
    first.release();
    await assert.rejects(waiting, { code: "conflict" });
    assert.equal(closed.isHeld, false);
    await next.take();
    next.check();
    next.release();
    assert.throws(() => next.check(), { code: "conflict" });
  } finally {
    Reflect.deleteProperty(navigator, "locks");
  }
});
