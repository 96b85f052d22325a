import type { KeyStore } from "../../../client/mod.ts";
import { fromUtf8, utf8 } from "../../../client/utf8.ts";
import type { LanguageCode } from "../texts/texts.ts";

const NAME = "page/push";

/** The push subscription of this browser. The service worker reads it while no tab is open. */
export interface PushRecord {
  /** The person to whom the pushes are sent. */
  userId: string;
  /** The server's id of the subscription. */
  deviceId: string;
  /** The address at the push service; another one has to be registered again. */
  endpoint: string;
  /** In which the service worker writes. */
  language: LanguageCode;
}

export async function readPushRecord(storage: KeyStore): Promise<PushRecord | null> {
  const bytes = await storage.read(NAME);
  try {
    return bytes ? JSON.parse(fromUtf8(bytes)) : null;
  } catch {
    return null;
  }
}

export async function writePushRecord(
  storage: KeyStore,
  record: PushRecord | null,
): Promise<void> {
  await storage.write({ [NAME]: record && utf8(JSON.stringify(record)) });
}
