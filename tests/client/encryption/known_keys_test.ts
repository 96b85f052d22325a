import assert from "node:assert/strict";
import { KnownKeys } from "../../../src/client/encryption/known_keys.ts";
import { Verification } from "../../../src/client/encryption/verification.ts";
import { TrustViews } from "../../../src/client/encryption/trust.ts";
import type { Member } from "../../../src/client/mls/suite.ts";
import { contextWith } from "./world.ts";

const key = (n: number) => new Uint8Array(32).fill(n);
const member = (userId: string, n: number): Member => {
  return { leafIndex: n, userId, deviceId: `${userId}${n}`, signatureKey: key(n) };
};

async function known() {
  const world = await contextWith({});
  const verification = new Verification(world.context);
  const changed: (string | undefined)[] = [];
  const keys = new KnownKeys(world.context, verification, (chatId) => changed.push(chatId));
  const news = () => world.events.map(({ name, data }) => [name, (data as Member).deviceId]);
  return { ...world, verification, keys, changed, news };
}

Deno.test("KnownKeys trusts the first keys of a user, and marks those that come later until acknowledged", async () => {
  const { keys, news, changed } = await known();
  await keys.see("chat", [member("bob", 1), member("bob", 2), member("eve", 3)]);
  assert.deepEqual([await keys.hasChanged("bob"), news()], [false, []]);
  await keys.see("chat", [member("bob", 1), member("bob", 4)]);
  assert.deepEqual([await keys.hasChanged("bob"), await keys.hasChanged("eve")], [true, false]);
  assert.deepEqual(news(), [["encryption.keyChange", "bob4"]]);
  await keys.see("other", [member("bob", 4)]);
  assert.deepEqual([await keys.hasChanged("bob"), news().length], [true, 1], "told once");
  await keys.acknowledge("bob");
  assert.equal(await keys.hasChanged("bob"), false);
  await keys.see("chat", [member("bob", 1), member("bob", 2), member("bob", 4)]);
  assert.equal(await keys.hasChanged("bob"), false, "all are known");
  assert.deepEqual(changed, ["chat", "chat", "other", undefined, "chat"]);
});

Deno.test("KnownKeys does not tell a user of this device's own key, but of another own one", async () => {
  const { keys, news, context } = await known();
  const { userId, device } = context;
  const own = { ...member(userId, 2), deviceId: device.deviceId };
  await keys.see("chat", [member(userId, 1)]);
  await keys.see("chat", [member(userId, 1), own]);
  assert.deepEqual([news(), await keys.hasChanged(userId)], [[], false]);
  await keys.see("chat", [own, member(userId, 3)]);
  assert.deepEqual(news(), [["encryption.keyChange", `${userId}3`]]);
});

Deno.test("KnownKeys loses no key that is seen in two chats at the same time", async () => {
  const { keys } = await known();
  await Promise.all([
    keys.see("one", [member("bob", 1)]),
    keys.see("two", [member("bob", 2)]),
  ]);
  await keys.acknowledge("bob");
  await keys.see("three", [member("bob", 1), member("bob", 2)]);
  assert.equal(await keys.hasChanged("bob"), false);
});

Deno.test("Verification says in the event of a new key that the user had been compared", async () => {
  const { keys, verification, events, context } = await known();
  const roster = [member("bob", 1), member(context.userId, 2)];
  await keys.see("chat", roster);
  assert.equal(await verification.holds(roster, "bob"), false);
  const number = await verification.number(roster, "bob");
  await assert.rejects(verification.mark(roster, "bob", number.replace(/^./, "x")), {
    code: "conflict",
  });
  assert.equal(await verification.wasMarked("bob"), false);
  await verification.mark(roster, "bob", number.replace(/(\d{5})/g, "$1 "));
  assert.equal(await verification.holds(roster, "bob"), true);
  await keys.see("chat", [...roster, member("bob", 3)]);
  assert.equal((events[0].data as { wasVerified: boolean }).wasVerified, true);
  assert.equal(await verification.holds([...roster, member("bob", 3)], "bob"), false);
  assert.equal(await verification.holds([...roster, member(context.userId, 4)], "bob"), false);
  assert.equal(await verification.holds([roster[1]], "bob"), false, "without a device");
});

Deno.test("TrustViews reads a chat again while it is watched, and ignores a reading that ends late", async () => {
  const readings: PromiseWithResolvers<never>[] = [];
  const views = new TrustViews(() => {
    readings.push(Promise.withResolvers());
    return readings.at(-1)!.promise;
  }, (error) => assert.fail(error as Error));
  const trustOf = (devices: number) => [{ userId: "bob", devices }] as never;
  const view = views.of("chat");
  assert.equal(views.of("chat"), view);
  views.refreshAll();
  assert.equal(readings.length, 0, "nobody watches");
  let notified = 0;
  const unsubscribe = view.subscribe(() => notified++);
  views.refreshAll();
  views.refresh("other");
  assert.equal(readings.length, 2);
  const settle = () => new Promise((resolve) => setTimeout(resolve));
  readings[1].resolve(trustOf(2));
  await settle();
  readings[0].resolve(trustOf(1));
  await settle();
  assert.deepEqual([view.getSnapshot(), notified], [trustOf(2), 1]);
  views.refresh("chat");
  readings[2].resolve(trustOf(2));
  await settle();
  assert.equal(notified, 1, "nothing has changed");
  unsubscribe();
  views.refresh("chat");
  assert.equal(readings.length, 3);
});
