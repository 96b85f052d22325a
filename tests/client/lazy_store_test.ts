import assert from "node:assert/strict";
import { lazyStore } from "../../src/client/lazy_store.ts";
import { type KeyStore, memoryKeyStore } from "../../src/client/mls/key_store.ts";

Deno.test("lazyStore loads its code at once, again after a failure, and once when it is there", async () => {
  const inner = memoryKeyStore();
  const loads: PromiseWithResolvers<KeyStore>[] = [];
  const store = lazyStore(inner, () => {
    loads.push(Promise.withResolvers());
    return loads.at(-1)!.promise;
  });
  assert.equal(loads.length, 1);
  loads[0].reject(new Error("There is no network"));
  // An unhandled failure would end the program in this turn.
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual(await store.names(""), []);
  const failing = store.read("name");
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(loads.length, 2);
  loads[1].reject(new Error("There is still none"));
  await assert.rejects(failing, { message: "There is still none" });
  const writing = store.write({ name: new Uint8Array([1]) });
  await new Promise((resolve) => setTimeout(resolve));
  loads[2].resolve(inner);
  await writing;
  assert.deepEqual(await store.read("name"), new Uint8Array([1]));
  assert.equal(loads.length, 3);
});
