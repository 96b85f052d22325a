import assert from "node:assert/strict";
import { memoryKeyStore } from "../../src/client/mls/key_store.ts";
import { generateDeviceKey } from "../../src/client/mod.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { clientOf } from "./people.ts";

const DAY_MS = 24 * 3_600_000;

/** Runs `action` with a clock that is this many days behind. */
async function daysAgo<T>(days: number, action: () => Promise<T>): Promise<T> {
  const now = Date.now;
  Date.now = () => now() - days * DAY_MS;
  try {
    return await action();
  } finally {
    Date.now = now;
  }
}

Deno.test("a device renews its leaf before it expires, and not earlier", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const kept = { storage: memoryKeyStore(), deviceKey: await generateDeviceKey() };
  let chatId = "";
  {
    await using anns = await clientOf(app.url, ann, kept);
    const { encryption } = await daysAgo(75, async () => {
      await anns.client.enableEncryption("phone");
      return anns.client;
    });
    chatId = (await encryption.createDirect(bob.id)).id;
    const expiresAt = await encryption.keysExpireAt(chatId);
    assert.ok(expiresAt!.getTime() - Date.now() < 10 * DAY_MS, "what was made is old");
  }
  await eventually("bob is in", async () => {
    return bobs.client.model.chat(chatId) &&
      (await bobs.client.encryption.roster(chatId)).length === 2;
  });
  const bobsExpire = await bobs.client.encryption.keysExpireAt(chatId);
  assert.ok(bobsExpire!.getTime() - Date.now() > 80 * DAY_MS);
  await using again = await clientOf(app.url, ann, { ...kept, device: "phone" });
  await eventually("ann's keys are renewed", async () => {
    return await again.client.encryption.keysExpireAt(chatId) === null;
  });
  const { items } = await again.client.call("mls.commits", { chatId });
  assert.deepEqual(items.map(({ senderId }) => senderId), [ann.id, ann.id]);
  await again.client.send(chatId, { text: "with new keys" });
  await eventually("bob reads it", () => bobs.texts(chatId).at(-1) === "with new keys");
  assert.deepEqual(
    [await bobs.client.encryption.keysExpireAt(chatId), again.faults],
    [bobsExpire, []],
    "a fresh leaf is left as it is",
  );
});
