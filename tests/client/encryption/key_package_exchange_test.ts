import assert from "node:assert/strict";
import { KeyPackageExchange } from "../../../src/client/encryption/key_package_exchange.ts";
import { decodeKeyPackage } from "../../../src/client/mls/wire.ts";
import { type Answers, contextWith, refusal } from "./world.ts";

async function exchangeWith(answers: Answers) {
  const world = await contextWith(answers);
  return { ...world, exchange: new KeyPackageExchange(world.context) };
}

const one = (deviceId: string) => ({ items: [{ deviceId, keyPackage: `of ${deviceId}` }] });

Deno.test("KeyPackageExchange fills up to 30 key packages, with a last resort, below 15", async () => {
  for (const [remaining, made] of [[15, 0], [14, 16], [0, 30]]) {
    const { exchange, calls, store, context } = await exchangeWith({
      "keyPackage.upload": () => ({ remaining }),
    });
    await exchange.topUp();
    const uploads = calls.map(({ input }) => (input.keyPackages as string[] | undefined)?.length);
    assert.deepEqual(uploads, made === 0 ? [undefined] : [undefined, made]);
    assert.ok(calls.every(({ input }) => input.deviceId === context.device.deviceId));
    const stored = await store.names("keyPackage/");
    assert.equal(stored.length, made === 0 ? 0 : made + 1);
    if (made > 0) decodeKeyPackage(calls[1].input.lastResort as string);
  }
});

Deno.test("KeyPackageExchange claims for all users or for none", async () => {
  const { exchange } = await exchangeWith({
    "keyPackage.claim": ({ userId }: { userId: string }) => {
      return userId === "eve" ? { items: [] } : one(`${userId}1`);
    },
  });
  assert.deepEqual(await exchange.claim(["ann", "bob"]), [
    { userId: "ann", deviceId: "ann1", keyPackage: "of ann1" },
    { userId: "bob", deviceId: "bob1", keyPackage: "of bob1" },
  ]);
  await assert.rejects(exchange.claim(["ann", "eve"]), {
    code: "conflict",
    message: /eve has no device/,
  });
});

Deno.test("KeyPackageExchange waits for a rate limit of seconds, and leaves out users of whom nothing can be claimed", async () => {
  let limited = 1;
  const { exchange, calls } = await exchangeWith({
    "keyPackage.claim": ({ userId }: { userId: string }) => {
      if (userId === "ann" && limited-- > 0) refusal("rate_limited", 20);
      if (userId === "bob") refusal("rate_limited", 60_000);
      if (userId === "eve") refusal("not_found");
      return one(`${userId}1`);
    },
  });
  const claimed = await exchange.claimAvailable(["ann", "bob", "eve", "cat"]);
  assert.deepEqual(claimed.map(({ userId }) => userId), ["ann", "cat"]);
  const asked = calls.map(({ input }) => input.userId);
  assert.deepEqual(asked, ["ann", "ann", "bob", "eve", "cat"]);
});

Deno.test("KeyPackageExchange leaves no user out because the server cannot be reached", async () => {
  const { exchange } = await exchangeWith({ "keyPackage.claim": () => refusal("offline") });
  await assert.rejects(exchange.claimAvailable(["ann"]), { code: "offline" });
});

Deno.test("KeyPackageExchange claims those of the user's other devices, and asks for none without one", async () => {
  const ids = ["first", "second"];
  const { exchange, calls, context } = await exchangeWith({
    "device.list": () => ({ items: [...ids, context.device.deviceId].map((id) => ({ id })) }),
    "keyPackage.claim": () => one("first"),
  });
  assert.deepEqual((await exchange.claimOwn()).map(({ deviceId }) => deviceId), ["first"]);
  const { input } = calls.at(-1)!;
  assert.deepEqual(input, { userId: context.userId, deviceIds: ["first", "second"] });
  ids.length = 0;
  calls.length = 0;
  assert.deepEqual(await exchange.claimOwn(), []);
  assert.deepEqual(calls.map(({ name }) => name), ["device.list"]);
});

Deno.test("KeyPackageExchange leaves no user out because of an error of this program", async () => {
  const { exchange } = await exchangeWith({
    "keyPackage.claim": () => {
      throw new TypeError("no such field");
    },
  });
  await assert.rejects(exchange.claimAvailable(["ann"]), TypeError);
});
