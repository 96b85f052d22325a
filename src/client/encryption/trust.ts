import { View } from "../view.ts";

/** One user of an encrypted chat, as a screen shows the trust in the user's keys. */
export interface PersonTrust {
  userId: string;
  /** Number of the user's devices in the chat. A user without one reads nothing yet. */
  devices: number;
  /** All keys of both users were compared. Always false for the caller. */
  isVerified: boolean;
  /** The user was marked as verified at some time, whatever has changed since. */
  wasVerified: boolean;
  /** There are new keys of the user that were neither compared nor acknowledged. */
  hasChangedKeys: boolean;
}

interface Entry {
  trust: readonly PersonTrust[];
  view: View<readonly PersonTrust[]>;
  /** Number of the last reading that was begun: an earlier one that ends later is ignored. */
  reading: number;
}

/** The trust in the users of each chat, as views that are read again after every change of keys. */
export class TrustViews {
  readonly #entries = new Map<string, Entry>();

  constructor(
    private readonly read: (chatId: string) => Promise<PersonTrust[]>,
    private readonly onFault: (error: unknown) => void,
  ) {}

  of(chatId: string): View<readonly PersonTrust[]> {
    let entry = this.#entries.get(chatId);
    if (!entry) {
      const view = new View(() => this.#entries.get(chatId)!.trust, () => this.refresh(chatId));
      this.#entries.set(chatId, entry = { trust: [], view, reading: 0 });
    }
    return entry.view;
  }

  /** Reads it again if it is watched. */
  refresh(chatId: string): void {
    const entry = this.#entries.get(chatId);
    if (entry?.view.isWatched) this.#read(chatId, entry).catch(this.onFault);
  }

  refreshAll(): void {
    for (const chatId of this.#entries.keys()) this.refresh(chatId);
  }

  async #read(chatId: string, entry: Entry): Promise<void> {
    const reading = ++entry.reading;
    const trust = await this.read(chatId);
    if (reading !== entry.reading || isEqual(trust, entry.trust)) return;
    entry.trust = trust;
    entry.view.invalidate();
  }
}

function isEqual(one: readonly PersonTrust[], other: readonly PersonTrust[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
