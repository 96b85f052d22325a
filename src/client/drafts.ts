import { View } from "./view.ts";

/** An unsent message that a user is writing in a chat. */
export interface ComposerDraft {
  text: string;
  /** The id of the message that it replies to. */
  replyTo?: string;
}

const EMPTY: ComposerDraft = { text: "" };

/**
 * Unsent drafts, by chat; kept in the client's storage, if it has one.
 *
 * ```ts ignore
 * client.drafts.set(chatId, { text: "I will be" });
 * assert.equal(client.inbox.row(chatId)!.draft, "I will be");
 * ```
 */
export class Drafts {
  readonly #drafts = new Map<string, ComposerDraft>();
  readonly #views = new Map<string, View<ComposerDraft>>();

  readonly #listeners = new Set<(chatId: string) => void>();

  /**
   * Returns the draft of a chat; an empty one if there is none.
   *
   * ```ts ignore
   * assert.deepEqual(client.drafts.get(chatId), { text: "" });
   * ```
   */
  get(chatId: string): ComposerDraft {
    return this.#drafts.get(chatId) ?? EMPTY;
  }

  /**
   * Returns the draft of a chat as a view.
   *
   * ```ts ignore
   * const view = client.drafts.view(chatId);
   * client.drafts.set(chatId, { text: "Hi" });
   * assert.deepEqual(view.getSnapshot(), { text: "Hi" });
   * ```
   */
  view(chatId: string): View<ComposerDraft> {
    let view = this.#views.get(chatId);
    if (!view) this.#views.set(chatId, view = new View(() => this.get(chatId)));
    return view;
  }

  /**
   * Notifies listeners before it returns, as a text field that shows the draft requires.
   *
   * ```ts ignore
   * client.drafts.set(chatId, { text: "Yes", replyTo: messageId });
   * client.drafts.set(chatId, { text: "" });
   * assert.deepEqual(client.drafts.get(chatId), { text: "" });
   * ```
   */
  set(chatId: string, draft: ComposerDraft): void {
    if (draft.text === "" && !draft.replyTo) this.#drafts.delete(chatId);
    else this.#drafts.set(chatId, draft);
    const view = this.#views.get(chatId);
    view?.invalidate();
    view?.flush();
    for (const listener of this.#listeners) listener(chatId);
  }

  /** @internal */
  subscribe(listener: (chatId: string) => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Null for an empty draft.
   * @internal
   */
  kept(chatId: string): ComposerDraft | null {
    return this.#drafts.get(chatId) ?? null;
  }
}
