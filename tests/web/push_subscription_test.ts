import assert from "node:assert/strict";
import { type ChatClient, memoryKeyStore } from "../../src/client/mod.ts";
import { subscribe, unsubscribe } from "../../src/web/page/notifications/push_subscription.ts";
import {
  type PushRecord,
  readPushRecord,
  writePushRecord,
} from "../../src/web/page/state/push_record.ts";

const RECORD: PushRecord = {
  userId: "ann",
  deviceId: "d1",
  endpoint: "https://push/1",
  language: "en",
};

/** A signed-in client that notes its calls. */
function clientOf(userId: string, answer: (operation: string) => Promise<unknown>) {
  const calls: [string, unknown][] = [];
  const call = (operation: string, input: unknown) => {
    calls.push([operation, input]);
    return answer(operation);
  };
  return { calls, client: { userId, call } as unknown as ChatClient };
}

Deno.test("ending the pushes removes the device of the person's own record only", async () => {
  for (const [record, userId] of [[null, "ann"], [RECORD, "bob"], [RECORD, "ann"]] as const) {
    const storage = memoryKeyStore();
    if (record) await writePushRecord(storage, record);
    const { client, calls } = clientOf(userId, () => Promise.reject(new Error("gone")));
    await unsubscribe(client, storage);
    const isOwn = record?.userId === userId;
    assert.deepEqual(calls, isOwn ? [["push.remove", { deviceId: "d1" }]] : []);
    assert.equal(await readPushRecord(storage), null);
  }
});

/**
 * A browser's push service, which knows a subscription for a key, and lets go of it when told to.
 */
function installPushService(known: { key: Uint8Array; endpoint: string } | null) {
  const released = Promise.withResolvers<void>();
  const steps: string[] = [];
  const view = (key: Uint8Array, endpoint: string) => ({
    options: { applicationServerKey: key.buffer },
    toJSON: () => ({ endpoint, keys: { p256dh: "p", auth: "a" } }),
    unsubscribe: () => (steps.push("unsubscribe"), released.promise),
  });
  const pushManager = {
    getSubscription: () => Promise.resolve(known && view(known.key, known.endpoint)),
    subscribe: ({ applicationServerKey }: { applicationServerKey: string }) => {
      steps.push(`subscribe ${applicationServerKey}`);
      return Promise.resolve(view(new Uint8Array(), "https://push/2"));
    },
  };
  const serviceWorker = { ready: Promise.resolve({ pushManager }) };
  Object.defineProperty(navigator, "serviceWorker", { value: serviceWorker, configurable: true });
  Object.assign(globalThis, { PushManager: class {} });
  const remove = () => {
    Reflect.deleteProperty(navigator, "serviceWorker");
    Reflect.deleteProperty(globalThis, "PushManager");
  };
  return { steps, release: () => released.resolve(), [Symbol.dispose]: remove };
}

const server = (publicKey: string | null) => (operation: string) =>
  Promise.resolve(operation === "push.vapidKey" ? { publicKey } : { id: "d2" });

Deno.test("a subscription for the server's key stays, and one for another key goes first", async () => {
  const key = new Uint8Array([1, 2, 3]);
  for (const publicKey of ["AQID", "BAUG"]) {
    using service = installPushService({ key, endpoint: "https://push/1" });
    const { client, calls } = clientOf("ann", server(publicKey));
    const storage = memoryKeyStore();
    const subscribed = subscribe(client, storage);
    await new Promise((resolve) => setTimeout(resolve));
    const isKept = publicKey === "AQID";
    assert.deepEqual(service.steps, isKept ? [] : ["unsubscribe"]);
    service.release();
    assert.equal(await subscribed, true);
    assert.deepEqual(service.steps, isKept ? [] : ["unsubscribe", `subscribe ${publicKey}`]);
    const endpoint = isKept ? "https://push/1" : "https://push/2";
    assert.deepEqual(calls.at(-1), ["push.register", {
      endpoint,
      keys: { p256dh: "p", auth: "a" },
    }]);
    const record = { userId: "ann", deviceId: "d2", endpoint, language: "en" };
    assert.deepEqual(await readPushRecord(storage), record);
  }
});

Deno.test("a browser or a server without pushes registers none", async () => {
  const asked = clientOf("ann", server("AQID"));
  assert.equal(await subscribe(asked.client, memoryKeyStore()), false);
  assert.deepEqual(asked.calls, []);
  using _service = installPushService(null);
  const { client, calls } = clientOf("ann", server(null));
  assert.equal(await subscribe(client, memoryKeyStore()), false);
  assert.deepEqual(calls.map(([operation]) => operation), ["push.vapidKey"]);
});
