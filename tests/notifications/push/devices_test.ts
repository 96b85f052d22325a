import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import type { Caller } from "../../../src/model/caller.ts";
import type { Session } from "../../../src/model/session.ts";
import { PushDevices } from "../../../src/notifications/push/devices.ts";
import { SqliteStore } from "../../../src/store/sqlite/sqlite_store.ts";
import { aSession, T0 } from "../../contract/store/rows.ts";
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
