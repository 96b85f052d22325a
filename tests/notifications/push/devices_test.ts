import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { generateVapidKeys } from "../../../src/config/dev_secrets.ts";
import type { Caller } from "../../../src/model/caller.ts";
import type { Session } from "../../../src/model/session.ts";
import { PushDevices } from "../../../src/notifications/push/devices.ts";
import { SqliteStore } from "../../../src/store/sqlite/sqlite_store.ts";
import { aSession, T0 } from "../../contract/store/rows.ts";
import { WebPushServer } from "../../support/web_push_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

Deno.test("PushDevices replaces devices of ended sessions, but not others, at the limit", async () => {
  await using folder = await TempDir.make("push_devices");
  const store = new SqliteStore(folder.join("store.db"));
  const devices = new PushDevices({
    store,
    clock: { now: () => T0 },
    limits: { pushDevices: 2 },
    allowedOrigins: [],
  });
  const userId = newId();
  const signIn = async (fields: Partial<Session> = {}) => {
    const session = aSession({ userId, ...fields });
    await store.sessions.create(session);
    return { userId, sessionId: session.id } as Caller;
  };
  const register = (caller: Caller, token: string) =>
    devices.register(caller, { kind: "fcm", token }, "");
  const tokens = async () =>
    (await devices.list(userId)).map(({ address }) => address.kind === "fcm" && address.token);

  await register(await signIn({ endedAt: T0 - 1, endReason: "logout" }), "ended");
  await register(await signIn({ expiresAt: T0 }), "expired");
  const caller = await signIn();
  await register(caller, "first");
  assert.deepEqual(await tokens(), ["first"]);
  await register(caller, "second");
  await register(caller, "first");
  await assert.rejects(register(caller, "third"), {
    code: "conflict",
    message: "Cannot register the device: 2 of 2 devices are registered already",
  });
  assert.deepEqual((await tokens()).sort(), ["first", "second"]);
  await store.close();
});

Deno.test("PushDevices accepts a browser's push service only at a public address", async () => {
  await using folder = await TempDir.make("push_devices");
  const store = new SqliteStore(folder.join("store.db"));
  let address = "10.0.0.1";
  const devices = new PushDevices({
    store,
    clock: { now: () => T0 },
    limits: { pushDevices: 2 },
    allowedOrigins: [],
    resolve: () => Promise.resolve([address]),
  });
  const session = aSession();
  await store.sessions.create(session);
  const caller = { userId: session.userId, sessionId: session.id } as Caller;
  const server = new WebPushServer();
  const target = server.subscribe(generateVapidKeys().publicKey);
  const endpoint = "https://updates.push.services.mozilla.com/wpush/v2/abc";
  const register = () => devices.register(caller, { ...target, endpoint }, "");
  await assert.rejects(register(), { code: "invalid_request", message: /updates\.push\.services/ });
  assert.deepEqual(await devices.list(session.userId), []);
  address = "8.8.8.8";
  await register();
  assert.equal((await devices.list(session.userId)).length, 1);
  await server.close();
  await store.close();
});
