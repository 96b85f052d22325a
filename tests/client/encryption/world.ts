import type {
  EncryptionContext,
  EncryptionEvents,
} from "../../../src/client/encryption/context.ts";
import { DeviceLock } from "../../../src/client/encryption/device_lock.ts";
import { ChatError, type ChatErrorCode } from "../../../src/client/chat_error.ts";
import { memoryKeyStore } from "../../../src/client/mls/key_store.ts";
import { MlsDevice } from "../../../src/client/mls/mls_device.ts";
import { Model } from "../../../src/client/model.ts";
import { newId } from "../../../src/core/ids.ts";

export type Answers = Record<string, (input: never) => unknown>;

export interface Called {
  name: string;
  input: Record<string, unknown>;
}

/** Objects that the parts of the encryption share, over a server whose responses a test writes. */
export async function contextWith(answers: Answers) {
  const store = memoryKeyStore();
  const [userId, deviceId] = [newId(), newId()];
  const device = await MlsDevice.open(store, { userId, deviceId });
  const calls: Called[] = [];
  const events: { name: string; data: unknown }[] = [];
  const context = {
    userId,
    device,
    store,
    model: new Model(),
    lock: new DeviceLock("test"),
    // Responses come later than the call, as those of a server do.
    call: async (name: string, input: Record<string, unknown>) => {
      calls.push({ name, input });
      await Promise.resolve();
      return await answers[name](input as never);
    },
    emit: <Name extends keyof EncryptionEvents>(name: Name, data: EncryptionEvents[Name]) => {
      events.push({ name, data });
    },
  } as unknown as EncryptionContext;
  return { context, calls, events, store };
}

export function refusal(code: ChatErrorCode, retryAfterMs?: number): never {
  throw new ChatError(code, `refused: ${code}`, { retryAfterMs });
}
