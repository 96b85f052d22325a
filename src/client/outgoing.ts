import { DeliveredMarks } from "./delivered_marks.ts";
import type { KeyStore } from "./mls/key_store.ts";
import type { Model } from "./model.ts";
import { ReadMarks } from "./read_marks.ts";
import { Sending, type SendingHost } from "./sending.ts";

export interface OutgoingHost extends SendingHost {
  isOnline(): boolean;
}

/**
 * Everything that a signed-in client brings to the server: messages, changes of them, and receipts.
 * Loaded separately, since the form to sign in needs none of it.
 */
export class Outgoing {
  readonly sending: Sending;
  readonly readMarks: ReadMarks;
  readonly #delivered: DeliveredMarks;

  constructor(model: Model, storage: KeyStore, private readonly host: OutgoingHost) {
    this.sending = new Sending(model, storage, host);
    this.readMarks = new ReadMarks(model, host);
    this.#delivered = new DeliveredMarks(model, host);
  }

  /** Called on a connection, before the messages that wait are sent. */
  connected(): void {
    this.readMarks.connected();
    this.#delivered.connected();
  }

  /** Sends the messages and changes that wait. */
  open(): Promise<void> {
    return this.sending.open(() => this.host.isOnline());
  }

  /** Called at the end of a connection. */
  pause(): void {
    this.sending.pause();
    this.#delivered.pause();
  }
}
