import { notFound } from "../core/errors.ts";
import type { ChatAccess } from "../chats/chat_access.ts";
import type { Shadows } from "../chats/shadows.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import { assertUnfrozen } from "../model/chat.ts";
import type { CustomData } from "../model/custom_data.ts";
import type { Store } from "../store/store.ts";
import type { PresenceAudience } from "./presence_audience.ts";
import type { Publisher } from "./publisher.ts";

export interface CustomEvent {
  /** One of the two. */
  chatId?: string;
  userId?: string;
  type: string;
  data: CustomData | null;
}

export interface CustomEventsOptions {
  access: Pick<ChatAccess, "requireMember">;
  contactPolicy: Pick<ContactPolicy, "isVisibleIn">;
  store: Pick<Store, "chats">;
  shadows: Pick<Shadows, "has">;
  audience: Pick<PresenceAudience, "visibleTo">;
  publisher: Pick<Publisher, "toRoom" | "toUsers">;
}

/**
 * Carries an application's events to people who are connected now, on whichever instance. Nothing
 * is stored, and the sender does not learn who was connected.
 */
export class CustomEvents {
  constructor(private readonly options: CustomEventsOptions) {}

  async send(fromId: string, { chatId, userId, type, data }: CustomEvent): Promise<void> {
    const content = { fromId, type, data: data ?? {} };
    if (chatId !== undefined) return await this.#toChat(chatId, content);
    if (userId === fromId) return this.#toPerson(userId, content);
    if (this.options.shadows.has(fromId)) return;
    const visible = await this.options.audience.visibleTo(fromId, [userId!]);
    if (!visible.has(userId!)) throw notFound("user", userId!);
    this.#toPerson(userId!, content);
  }

  async #toChat(chatId: string, data: { fromId: string }): Promise<void> {
    const { access, contactPolicy, publisher, store } = this.options;
    await access.requireMember(chatId, data.fromId);
    const chat = await store.chats.byId(chatId);
    if (!chat) return;
    assertUnfrozen(chat);
    // As with typing, the others see nothing unusual behind a block.
    if (!await contactPolicy.isVisibleIn(chat, data.fromId)) return;
    publisher.toRoom(chatId, { event: "custom", chatId, data });
  }

  #toPerson(userId: string, data: object): void {
    this.options.publisher.toUsers([userId], { event: "custom", data });
  }
}
