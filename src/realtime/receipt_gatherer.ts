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
  /** Receipts of a chat within this time go together, in milliseconds. */
  gatherMs?: number;
  /** A count goes out once in this time, in milliseconds. */
  countMs?: number;
}

/** What has moved since the chat's last event. */
interface Gathering {
  moved: Map<string, Membership>;
  isCounted: boolean;
  timer: ReturnType<typeof setTimeout>;
}

const GATHER_MS = 250;
const COUNT_MS = 1_000;

/**
 * Publishes how far members have read. A message that n members read would be n events for each of n
 * listeners; so the first receipt of a quiet chat goes at once, and those that follow within a moment go
 * together, as one event. Of a chat with more than LIMIT_RECEIPT_MEMBERS members only how many have read
 * the newest message is published, and to each member's own devices their own cursors.
 */
export class ReceiptGatherer {
  readonly #options: Required<ReceiptGathererOptions>;
  readonly #gatherings = new Map<string, Gathering>();

  constructor(options: ReceiptGathererOptions) {
    this.#options = { gatherMs: GATHER_MS, countMs: COUNT_MS, ...options };
  }

  /** `isHeard`: whether other members may know of it. The member's own devices always do. */
  moved(member: Membership, chat: Pick<Chat, "memberCount">, isHeard: boolean): void {
    const isCounted = chat.memberCount > this.#options.limits.receiptMembers;
    if (!isHeard || isCounted) this.#toOwnDevices(member);
    if (!isHeard) return;
    const gathering = this.#gatherings.get(member.chatId);
    if (gathering) {
      gathering.moved.set(member.userId, member);
      gathering.isCounted = isCounted;
      return;
    }
    this.#publish(member.chatId, [member], isCounted);
    this.#begin(member.chatId, isCounted);
  }

  /** Publishes what is gathered, and gathers no more. */
  close(): void {
    for (const [chatId, { timer, moved }] of this.#gatherings) {
      clearTimeout(timer);
      // A count would have to read; clients ask for it when they come back.
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
      log.warn("Counting receipts failed", { chatId, error });
    }
  }

  #toOwnDevices(member: Membership): void {
    this.#options.publisher.toUsers([member.userId], receiptEvent(member.chatId, [member]));
  }
}

function receiptEvent(chatId: string, moved: Membership[]): WireEvent {
  return { event: "receipt.updated", chatId, data: receiptsView(moved) };
}
