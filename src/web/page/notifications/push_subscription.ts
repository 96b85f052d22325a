import type { ChatClient, KeyStore } from "../../../client/mod.ts";
import { toBase64Url } from "../../../core/base64url.ts";
import { readPushRecord, writePushRecord } from "../state/push_record.ts";
import { language } from "../texts/texts.ts";

/** Whether the browser can have pushes sent to it. */
function isPushSupported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis;
}

/**
 * Has the server send pushes to this browser; to be repeated at each visit, because the browser or
 * the server may have other keys by now. Returns false where Web Push is not set up or not
 * available.
 */
export async function subscribe(client: ChatClient, storage: KeyStore): Promise<boolean> {
  if (!isPushSupported()) return false;
  const { publicKey } = await client.call("push.vapidKey", {});
  if (publicKey === null) return false;
  const subscription = await subscriptionFor(publicKey);
  const { endpoint, keys } = subscription?.toJSON() ?? {};
  if (!endpoint || !keys) return false;
  const { p256dh, auth } = keys;
  const device = await client.call("push.register", { endpoint, keys: { p256dh, auth } });
  const { code } = language.peek();
  const record = { userId: client.userId, deviceId: device.id, endpoint, language: code };
  await writePushRecord(storage, record);
  return true;
}

/** Ends the pushes to this browser, here and on the server. */
export async function unsubscribe(client: ChatClient, storage: KeyStore): Promise<void> {
  const record = await readPushRecord(storage);
  await forgetSubscription(storage);
  if (record?.userId !== client.userId) return;
  // The server finds out itself by the next push to it.
  await client.call("push.remove", { deviceId: record.deviceId }).catch(() => {});
}

/**
 * Ends the pushes to this browser without the server, to which the person is no longer signed in.
 */
export async function forgetSubscription(storage: KeyStore): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const subscription = await registration?.pushManager?.getSubscription();
  await subscription?.unsubscribe();
  await writePushRecord(storage, null);
}

/** Null if the push service of the browser cannot be reached. */
async function subscriptionFor(applicationServerKey: string): Promise<PushSubscription | null> {
  const { pushManager } = await navigator.serviceWorker.ready;
  const known = await pushManager.getSubscription();
  const key = known?.options.applicationServerKey;
  if (known && key && toBase64Url(new Uint8Array(key)) === applicationServerKey) return known;
  // A subscription for another key of the server gets nothing any more.
  await known?.unsubscribe();
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  } catch (error) {
    console.warn("Subscribing to pushes failed:", error);
    return null;
  }
}
