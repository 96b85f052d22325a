import type { Call } from "../call.ts";
import type { KeyStore } from "../mls/key_store.ts";
import type { MlsDevice } from "../mls/mls_device.ts";
import type { Model } from "../model.ts";
import type { DeviceLock } from "./device_lock.ts";

/** What the parts of the encryption share. */
export interface EncryptionContext {
  call: Call;
  userId: string;
  device: MlsDevice;
  /** Sealed: what is written there can be read on this device only. */
  store: KeyStore;
  model: Model;
  lock: DeviceLock;
  emit<Name extends keyof EncryptionEvents>(name: Name, data: EncryptionEvents[Name]): void;
}

export interface EncryptionEvents {
  /**
   * Someone whose keys were known has another device: compare safety numbers again. `wasVerified` tells
   * of someone who had been marked as verified once.
   */
  "encryption.keyChange": {
    userId: string;
    deviceId: string;
    chatId: string;
    wasVerified: boolean;
  };
  /**
   * A Commit that this device could not take, as a member who misbehaves would make one. The device
   * has joined anew; what was sent in between cannot be read.
   */
  "encryption.rejoined": { chatId: string; senderId: string; reason: string };
  /**
   * Somebody has begun the chat's group again, as is needed when a member has made it unusable. Compare
   * safety numbers again if you did not expect it. What was sent before stays as it was read.
   */
  "encryption.restarted": { chatId: string; senderId: string; generation: number };
  /** A device that was not added to the chat's group, since its key package cannot be used. */
  "encryption.deviceLeftOut": {
    chatId: string;
    userId: string;
    deviceId: string;
    reason: string;
  };
  /** This device is in the chat's group from now on; what was sent before, it cannot read. */
  "encryption.joined": { chatId: string; epoch: number };
}
