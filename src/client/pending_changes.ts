import type { LocalMessage } from "./local_chat.ts";
import { changedBy } from "./message_change.ts";
import type { Model } from "./model.ts";
import type { PendingChange } from "./pending_change.ts";
import { pendingRow } from "./pending_row.ts";

/**
 * Changes of messages that the server does not have yet. The model keeps the server's rows, and
 * shows them with these changes; a change that is refused is taken from the row again.
 */
export class PendingChanges {
  /** By the id of the message, in the order in which they were made. */
  readonly #byMessage = new Map<string, readonly PendingChange[]>();
  /** The shown row of a server's row, which stays the same until one of the two changes. */
  readonly #shown = new WeakMap<
    LocalMessage,
    { changes: readonly PendingChange[]; row: LocalMessage }
  >();

  constructor(private readonly model: Model, private readonly userId: () => string) {
    model.overlay = {
      shown: (message) => this.#row(message),
      refused: () => [...this.#byMessage.values()].flat().flatMap((each) => this.#refused(each)),
    };
  }

  /** Adds a change, or replaces the one with its clientId. */
  put(change: PendingChange): void {
    const known = this.#byMessage.get(change.messageId) ?? [];
    const isKnown = known.some(({ clientId }) => clientId === change.clientId);
    this.#set(
      change,
      isKnown
        ? known.map((each) => each.clientId === change.clientId ? change : each)
        : [...known, change],
    );
  }

  drop(change: PendingChange): void {
    const known = this.#byMessage.get(change.messageId) ?? [];
    this.#set(change, known.filter(({ clientId }) => clientId !== change.clientId));
  }

  find(clientId: string): PendingChange | undefined {
    return [...this.#byMessage.values()].flat().find((each) => each.clientId === clientId);
  }

  #set({ chatId, messageId }: PendingChange, changes: readonly PendingChange[]): void {
    if (changes.length > 0) this.#byMessage.set(messageId, changes);
    else this.#byMessage.delete(messageId);
    this.model.rowsChanged(chatId);
  }

  #row(message: LocalMessage): LocalMessage {
    const changes = this.#changesOf(message);
    if (!changes) return message;
    const known = this.#shown.get(message);
    if (known?.changes === changes) return known.row;
    let row: LocalMessage = { ...message, changes };
    for (const change of changes) {
      if (change.failure === undefined) row = changedBy(row, change, this.userId());
    }
    this.#shown.set(message, { changes, row });
    return row;
  }

  /** A change that was made before the message was sent names it by its clientId. */
  #changesOf({ id, clientId, senderId }: LocalMessage): readonly PendingChange[] | undefined {
    if (this.#byMessage.size === 0) return undefined;
    const changes = this.#byMessage.get(id);
    return changes ?? (senderId === this.userId() ? this.#byMessage.get(clientId) : undefined);
  }

  /** Returns the row of a refused change in the list of everything that was refused. */
  #refused(change: PendingChange): LocalMessage[] {
    const { chatId, messageId, clientId, at, failure } = change;
    if (failure === undefined) return [];
    const ids = { chatId, clientId: messageId, senderId: this.userId(), encrypted: false };
    const message = this.model.chat(chatId)?.messages.get(messageId) ?? pendingRow(ids, {});
    const row = changedBy(message, change, this.userId());
    return [{ ...row, clientId, status: "failed", failure, change, createdAt: at }];
  }
}
