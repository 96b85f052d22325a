import assert from "node:assert/strict";
import { utf8 } from "../../../src/client/mls/encoding.ts";
import { type KeyStore, memoryKeyStore } from "../../../src/client/mls/key_store.ts";
import { MlsDevice } from "../../../src/client/mls/mls_device.ts";
import { newId } from "../../../src/core/ids.ts";
import { eventually } from "../../support/eventually.ts";
import { type Device, World } from "./world.ts";

/** A store whose writes a test holds back or breaks. */
class HeldStore implements KeyStore {
  readonly #inner = memoryKeyStore();
  writes = 0;
  isBroken = false;
  #held = Promise.withResolvers<void>();

  constructor() {
    this.#held.resolve();
  }

  read(name: string) {
    return this.#inner.read(name);
  }

  names(prefix: string) {
    return this.#inner.names(prefix);
  }

  async write(changes: Parameters<KeyStore["write"]>[0]): Promise<void> {
    this.writes++;
    await this.#held.promise;
    if (this.isBroken) throw new Error("the disk is full");
    await this.#inner.write(changes);
  }

  /** Runs `action`, and fails if it ends before its write has. */
  async requireWritten<T>(what: string, action: () => Promise<T>): Promise<T> {
    const before = this.writes;
    this.#held = Promise.withResolvers();
    let isDone = false;
    const running = action().finally(() => isDone = true);
    await eventually(`${what} writes`, () => this.writes > before || isDone);
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve));
    assert.equal(isDone, false, `${what} ended before its write had`);
    this.#held.resolve();
    return await running;
  }
}

/** Two devices in one group, the second with a store that a test controls. */
async function twoDevices(): Promise<
  { world: World; other: Device; own: Device; store: HeldStore }
> {
  const [world, store] = [new World(), new HeldStore()];
  const other = await world.device(newId());
  const own = await world.device(newId(), store);
  const group = await other.create();
  const staged = await group.stage({ add: world.claim(own.mls.userId) });
  assert.equal(await world.commit(staged), true);
  await group.accepted(staged);
  await own.join();
  return { world, other, own, store };
}

Deno.test("what a device does has been written when it ends, whatever the store takes", async () => {
  const { world, other, own, store } = await twoDevices();
  const group = await own.group();
  const staged = await store.requireWritten("stage", () => group.stage({}));
  await store.requireWritten("discard", () => group.discard());
  assert.equal(group.isPending, false);
  const again = await store.requireWritten("a second stage", () => group.stage({}));
  assert.notEqual(again.commit, staged.commit);
  assert.equal(await world.commit(again), true);
  await store.requireWritten("accepted", () => group.accepted(again));
  await store.requireWritten("encrypt", () => group.encrypt(utf8("hi")));
  await other.catchUp();
  const sent = await (await other.group()).encrypt(utf8("hello"));
  await store.requireWritten("decrypt", () => group.decrypt(sent));
  await other.change((theirs) => theirs.stage({}));
  const { commit } = world.commits.at(-1)!;
  await store.requireWritten("processCommit", () => group.processCommit(commit));
  const packages = () => own.mls.createKeyPackages(1);
  await store.requireWritten("createKeyPackages", packages);
  await store.requireWritten("createGroup", () => own.mls.createGroup(newId()));
  await store.requireWritten("forget", () => own.mls.forget(world.chatId));
  await store.requireWritten("erase", () => own.mls.erase());
  assert.deepEqual(await store.names(""), []);
  const options = { userId: newId(), deviceId: newId() };
  await store.requireWritten("open", () => MlsDevice.open(store, options));
  assert.deepEqual(await store.names(""), ["device/signature"]);
});

Deno.test("a change that could not be written has no effect, and can be made again", async () => {
  const { other, own, store } = await twoDevices();
  const group = await own.group();
  const sent = await (await other.group()).encrypt(utf8("hello"));
  store.isBroken = true;
  const broken = { message: "the disk is full" };
  await assert.rejects(group.stage({}), broken);
  await assert.rejects(group.encrypt(utf8("hi")), broken);
  await assert.rejects(group.decrypt(sent), broken);
  store.isBroken = false;
  assert.equal(group.isPending, false);
  assert.equal(new TextDecoder().decode((await group.decrypt(sent)).plaintext), "hello");
  await group.stage({});
});

Deno.test("a device that was erased has no group and no keys, not even in memory", async () => {
  const { world, own, store } = await twoDevices();
  await own.mls.erase();
  assert.equal(await own.mls.group(world.chatId), undefined);
  assert.deepEqual(await store.names(""), []);
});

Deno.test("key packages are erased 84 days after they expired, and counted until then", async () => {
  const DAY_MS = 24 * 3_600_000;
  const store = memoryKeyStore();
  let now = Date.now();
  const owner = { userId: newId(), deviceId: newId(), now: () => now };
  const device = await MlsDevice.open(store, owner);
  await device.createKeyPackages(2);
  now += 100 * DAY_MS;
  await device.createKeyPackages(1);
  assert.equal(await device.pruneKeyPackages(), 3, "a Welcome may still be in transit");
  now += 69 * DAY_MS;
  assert.equal(await device.pruneKeyPackages(), 1);
  assert.equal((await store.names("keyPackage/")).length, 1);
});
