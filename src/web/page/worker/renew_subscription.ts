import { indexedDbStore } from "../../../client/indexed_db_store.ts";
import { Rest } from "../../../client/rest.ts";
import { SignIn } from "../../../client/sign_in.ts";
import { DATABASE } from "../state/database.ts";
import { readPushRecord, writePushRecord } from "../state/push_record.ts";
import { scope, type SubscriptionChangeEvent } from "./worker_scope.ts";

/**
 * The push service has ended the subscription or has given it another address: subscribes again and
 * tells the server, although no tab may be open. After a failure the next visit does it.
 */
export async function renewSubscription(event: SubscriptionChangeEvent): Promise<void> {
  const storage = await indexedDbStore(DATABASE);
  const record = await readPushRecord(storage);
  if (!record) return;
  const rest = new Rest({ url: scope.location.origin });
  const session = new SignIn(rest, storage, () => {});
  const user = await session.resume();
  if (user?.id !== record.userId) return;
  await session.withToken(async (token) => {
    const subscription = event.newSubscription ??
      await subscribe((await rest.call("push.vapidKey", {}, token)).publicKey);
    if (!subscription) return;
    const { endpoint, keys } = subscription.toJSON();
    if (!endpoint || !keys) return;
    const { p256dh, auth } = keys;
    const input = { endpoint, keys: { p256dh, auth } };
    const device = await rest.call("push.register", input, token);
    await writePushRecord(storage, { ...record, deviceId: device.id, endpoint });
    if (device.id === record.deviceId) return;
    // The server would find out itself, by the first push to it.
    await rest.call("push.remove", { deviceId: record.deviceId }, token).catch(() => {});
  });
}

async function subscribe(applicationServerKey: string | null): Promise<PushSubscription | null> {
  if (applicationServerKey === null) return null;
  const options = { userVisibleOnly: true, applicationServerKey };
  return await scope.registration.pushManager.subscribe(options);
}
