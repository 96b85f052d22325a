import type { Log } from "../core/log.ts";
import type { WireEvent } from "../model/event.ts";
import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import { receiptsView } from "../api/views/member.ts";
import type { Publisher } from "./publisher.ts";

export interface ReceiptGathererOptions {
  store: Pick<Store, "chats" | "memberships">;
  publisher: Pick<Publisher, "toRoom" | "toUsers">;
  log: Log;
  limits: { receiptMembers: number };
  /** Receipts of a chat within this window go out together, in milliseconds. */
  gatherMs?: number;
  /** Minimum time between two counts of a chat, in milliseconds. */
  countMs?: number;
}

/** Cursors that have moved since the chat's last event. */
interface Gathering {
  moved: Map<string, Membership>;
  isCounted: boolean;
  timer: ReturnType<typeof setTimeout>;
}

const GATHER_MS = 250;
const COUNT_MS = 1_000;

/**
 * Publishes how far members have read. A message that n members read would be n events for each of
 * n listeners; so the first receipt of an idle chat goes out at once, and those that follow within
 * a moment go out together, as one event. For a chat with more than LIMIT_RECEIPT_MEMBERS members
 * only the number of members who have read the newest message is published, and to each member's
 * own devices their own cursors.
 */
export class ReceiptGatherer {
  readonly #options: Required<ReceiptGathererOptions>;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(options: ReceiptGathererOptions) {
    this.#options = { gatherMs: GATHER_MS, countMs: COUNT_MS, ...options };
  }

  /**
   * `isVisible` tells whether other members may know of it. The member's own devices always get it.
   */
  moved(member: Membership, chat: Pick<Chat, "memberCount">, isVisible: boolean): void {
    const isCounted = chat.memberCount > this.#options.limits.receiptMembers;
    if (!isVisible || isCounted) this.#toOwnDevices(member);
    if (!isVisible) return;
    const gathering = this.#gatherings.get(member.chatId);
    if (gathering) {
      gathering.moved.set(member.userId, member);
      gathering.isCounted = isCounted;
      return;
    }
    this.#publish(member.chatId, [member], isCounted);
    this.#begin(member.chatId, isCounted);
  }

  /** Publishes everything gathered so far, and stops gathering. */
  close(): void {
    for (const [chatId, { timer, moved }] of this.#gatherings) {
      clearTimeout(timer);
      // A count would need a read; clients request it when they reconnect.
      if (moved.size > 0) this.#publish(chatId, [...moved.values()], false);
    }
    this.#gatherings.clear();
  }

  #begin(chatId: string, isCounted: boolean): void {
    const { gatherMs, countMs } = this.#options;
    const timer = setTimeout(() => this.#flush(chatId), isCounted ? countMs : gatherMs);
    Deno.unrefTimer(timer);
    this.#gatherings.set(chatId, { moved: new Map(), isCounted, timer });
  }

  #flush(chatId: string): void {
    const { moved, isCounted } = this.#gatherings.get(chatId)!;
    this.#gatherings.delete(chatId);
    if (moved.size === 0) return;
    this.#publish(chatId, [...moved.values()], isCounted);
    this.#begin(chatId, isCounted);
  }

  #publish(chatId: string, moved: Membership[], isCounted: boolean): void {
    if (isCounted) return void this.#count(chatId);
    this.#options.publisher.toRoom(chatId, receiptEvent(chatId, moved));
  }

  async #count(chatId: string): Promise<void> {
    const { store, publisher, log } = this.#options;
    try {
      const chat = await store.chats.byId(chatId);
      if (!chat || chat.lastSeq === 0) return;
      const seq = chat.lastSeq;
      const { read, delivered } = await store.memberships.countReached(chatId, seq);
      const data = { chatId, seq, read, delivered };
      publisher.toRoom(chatId, { event: "receipt.counted", chatId, data });
    } catch (error) {
      log.warn("Receipt count failed", { chatId, error });
    }
  }

  #toOwnDevices(member: Membership): void {
    this.#options.publisher.toUsers([member.userId], receiptEvent(member.chatId, [member]));
  }
}

function receiptEvent(chatId: string, moved: Membership[]): WireEvent {
  return { event: "receipt.updated", chatId, data: receiptsView(moved) };
}
