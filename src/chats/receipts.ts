import { notFound } from "../core/errors.ts";
import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { ContactPolicy } from "./contact_policy.ts";
import type { Store } from "../store/store.ts";

/**
 * Called when a member's cursors have moved; `isVisible` tells whether other members may know of
 * it.
 */
export type ReceiptListener = (membership: Membership, chat: Chat, isVisible: boolean) => void;

/** Called with the member's read cursor, even when it did not move. */
export type ReadListener = (userId: string, chatId: string, readSeq: number) => void;

/** Read and delivery cursors of each member. Cursors only move forward and take no revision. */
export class Receipts {
  constructor(
    private readonly store: Pick<Store, "chats" | "memberships">,
    private readonly contactPolicy: Pick<ContactPolicy, "isVisibleIn">,
    private readonly onMoved: ReceiptListener,
    private readonly onRead: ReadListener = () => {},
  ) {}

  async markRead(userId: string, chatId: string, seq: number): Promise<Membership> {
    const member = await this.#move(userId, chatId, (head) => ({ readSeq: Math.min(seq, head) }));
    this.onRead(userId, chatId, member.readSeq);
    return member;
  }

  markDelivered(userId: string, chatId: string, seq: number): Promise<Membership> {
    return this.#move(userId, chatId, (head) => ({ deliveredSeq: Math.min(seq, head) }));
  }

  /**
   * Limits a cursor to the newest message: past it, the cursor would hide messages that are still
   * to come.
   */
  async #move(
    userId: string,
    chatId: string,
    to: (head: number) => { readSeq?: number; deliveredSeq?: number },
  ): Promise<Membership> {
    const chat = await this.store.chats.byId(chatId);
    if (!chat) throw notFound("chat", chatId);
    const result = await this.store.memberships.moveCursors({
      chatId,
      userId,
      ...to(chat.lastSeq),
    });
    if (!result) throw notFound("chat", chatId);
    if (result.moved) {
      this.onMoved(result.membership, chat, await this.contactPolicy.isVisibleIn(chat, userId));
    }
    return result.membership;
  }
}
