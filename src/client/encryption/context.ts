import type { Call } from "../call.ts";
import type { KeyStore } from "../mls/key_store.ts";
import type { MlsDevice } from "../mls/mls_device.ts";
import type { Model } from "../model.ts";
import type { DeviceLock } from "./device_lock.ts";

/** Objects that the parts of the encryption share. */
export interface EncryptionContext {
  call: Call;
  userId: string;
  device: MlsDevice;
  /** Sealed: its content can be read on this device only. */
  store: KeyStore;
  model: Model;
  lock: DeviceLock;
  emit<Name extends keyof EncryptionEvents>(name: Name, data: EncryptionEvents[Name]): void;
}

export interface EncryptionEvents {
  /**
   * A user whose keys were known has another device: compare safety numbers again. `wasVerified`:
   * the user had been marked as verified.
   */
  "encryption.keyChange": {
    userId: string;
    deviceId: string;
    chatId: string;
    wasVerified: boolean;
  };
  /**
   * A Commit that this device could not apply, for example one made by a misbehaving member. The
   * device has joined again; messages sent in between cannot be read.
   */
  "encryption.rejoined": { chatId: string; senderId: string; reason: string };
  /**
   * A member has restarted the chat's group, as is necessary after a member has made it unusable.
   * Compare safety numbers again if you did not expect it. Earlier messages stay readable.
   */
  "encryption.restarted": { chatId: string; senderId: string; generation: number };
  /** A device that was not added to the chat's group, because its key package cannot be used. */
  "encryption.deviceLeftOut": {
    chatId: string;
    userId: string;
    deviceId: string;
    reason: string;
  };
  /**
   * This device was removed: it takes part in no chat any more, until `forgetDevice` and a new
   * `enableEncryption` make another one of it.
   */
  "encryption.deviceRemoved": { deviceId: string };
  /** This device is in the chat's group from now on; it cannot read earlier messages. */
  "encryption.joined": { chatId: string; epoch: number };
}
