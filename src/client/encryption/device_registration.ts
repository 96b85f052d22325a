import type { Call } from "../call.ts";
import { fromUtf8, toBase64Url, utf8 } from "../mls/encoding.ts";
import type { KeyStore } from "../mls/key_store.ts";
import { deviceSignatureKey } from "../mls/mls_device.ts";
import { DeviceLock } from "./device_lock.ts";

const DEVICE_ID = "device/id";

/**
 * Returns this device's id from the server, by its key: the same at every call. Tabs that open at
 * the same time take turns, so that they find one key and are one device.
 */
export async function registeredDevice(
  { store, call, userId }: { store: KeyStore; call: Call; userId: string },
  name: string,
): Promise<string> {
  const lock = new DeviceLock(`realtimechat registration ${userId}`);
  await lock.take();
  try {
    const stored = await store.read(DEVICE_ID);
    if (stored) return fromUtf8(stored);
    const signatureKey = toBase64Url(await deviceSignatureKey(store));
    const { id } = await call("device.register", { name, signatureKey });
    await store.write({ [DEVICE_ID]: utf8(id) });
    return id;
  } finally {
    lock.release();
  }
}
