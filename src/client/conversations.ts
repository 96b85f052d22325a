import { Conversation, type ConversationHost } from "./conversation.ts";

/** The chats that a screen has shown: one object for each, so that its views stay the same. */
export class Conversations {
  readonly #byId = new Map<string, Conversation>();

  constructor(private readonly host: ConversationHost) {
    for (const name of ["chat", "chats"] as const) {
      host.model.on(name, ({ chatId }) => this.#byId.get(chatId)?.invalidate());
    }
  }

  get(chatId: string): Conversation {
    let conversation = this.#byId.get(chatId);
    if (!conversation) {
      conversation = new Conversation(chatId, this.host);
      this.#byId.set(chatId, conversation);
    }
    return conversation;
  }

  /** Called on a connection: fetches data that subscribed views lack. */
  connected(): void {
    for (const conversation of this.#byId.values()) conversation.reopen();
  }
}
