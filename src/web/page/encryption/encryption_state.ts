import { signal } from "@preact/signals";
import { ChatError } from "../../../client/mod.ts";
import { forgetDevice } from "../../../client/encryption/mod.ts";
import { browserNameOf } from "../settings/browser_name.ts";
import { openStorage } from "../state/session.ts";
import type { SignedIn } from "../state/signed_in.ts";

/**
 * `removed`: the person has removed this browser's device. `otherTab`: another tab of this browser is the
 * device now. `insecure`: the browser has no Web Crypto, because the page came without TLS.
 */
export type EncryptionStatus =
  | "off"
  | "starting"
  | "on"
  | "otherTab"
  | "insecure"
  | "removed"
  | "failed";

/** Encryption in this browser: its device is set up when an encrypted chat is first there. */
export class EncryptionState {
  readonly status = signal<EncryptionStatus>("off");
  #starting: Promise<void> | null = null;

  constructor(private readonly app: SignedIn) {
    app.client.on("encryption.deviceRemoved", () => this.status.value = "removed");
    // The other tab may be closed by now.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.status.peek() === "otherTab") {
        void this.start();
      }
    });
  }

  /** Sets the device up, or takes it up; how it ends is in `status`. */
  start(): Promise<void> {
    if (this.status.peek() === "on") return Promise.resolve();
    return this.#starting ??= this.#start().finally(() => this.#starting = null);
  }

  /** For an action that needs it; throws if it cannot be started. */
  async require(): Promise<void> {
    await this.start();
    if (this.status.peek() === "on") return;
    const { e } = await loadedTexts();
    const status = this.status.peek();
    const texts = e();
    const message = status === "otherTab" || status === "insecure" || status === "removed"
      ? texts[status]
      : texts.failed;
    throw new ChatError("conflict", message);
  }

  /** Makes a new device of this browser after its removal. */
  async setUpAgain(): Promise<void> {
    const { client } = this.app;
    const { userId } = client;
    await this.app.close();
    await forgetDevice({ ...await openStorage(), userId });
    location.reload();
  }

  async #start(): Promise<void> {
    if (!globalThis.isSecureContext) return void (this.status.value = "insecure");
    this.status.value = "starting";
    try {
      await this.app.client.online();
      await this.app.client.enableEncryption(browserNameOf(navigator.userAgent));
      this.status.value = "on";
    } catch (error) {
      this.status.value = statusAfter(error);
      console.warn("Starting the encryption failed:", error);
    }
  }
}

function statusAfter(error: unknown): EncryptionStatus {
  if (!(error instanceof ChatError)) return "failed";
  if (error.code === "conflict" && /another tab/.test(error.message)) return "otherTab";
  return error.code === "not_found" ? "removed" : "failed";
}

async function loadedTexts() {
  const texts = await import("../texts/encryption/encryption.ts");
  await texts.encryptionArea.load();
  return texts;
}

const states = new WeakMap<SignedIn, EncryptionState>();

export function encryptionOf(app: SignedIn): EncryptionState {
  let state = states.get(app);
  if (!state) states.set(app, state = new EncryptionState(app));
  return state;
}
