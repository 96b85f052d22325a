import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import { isId, newId } from "../core/ids.ts";
import type { Visitor } from "../model/caller.ts";
import type { Chat } from "../model/chat.ts";
import type { ContactRequest } from "../model/contact.ts";
import type { WireEvent } from "../model/event.ts";
import { assertGroupSize } from "../model/membership.ts";
import type { User } from "../model/user.ts";
import type { RequestOutcome } from "../store/contact_store.ts";
import type { Store } from "../store/store.ts";
import type { ChatDraft } from "./chat_draft.ts";
import type { ChatWriter } from "./chat_writer.ts";
import type { ContactPolicy } from "./contact_policy.ts";

export type ContactRequestState = "pending" | "accepted" | "declined" | "withdrawn";

/** A request as the person sees it who is asked. */
export interface ReceivedRequest {
  request: ContactRequest;
  from: User;
  chat: Chat;
  /** What the sender of a direct request has written, if anything. */
  text: string | null;
}

export type NewRequest = Pick<ContactRequest, "kind" | "fromId" | "userId" | "chatId">;

export interface RequestQuery {
  limit: number;
  cursor?: string;
}

export interface ContactRequestsOptions {
  store: Pick<Store, "contacts" | "chats" | "messages" | "users">;
  writer: ChatWriter;
  people: ContactPolicy;
  clock: Clock;
  limits: {
    contactRequests: number;
    contactRequestsSent: number;
    contactRequestMs: number;
    groupMembers: number;
  };
  /** Sends an ephemeral event to all connections of these users, on every instance. */
  send(userIds: string[], event: WireEvent): void;
  /** Tells the person who is asked within the app, and by a push. Never throws. */
  notify(request: ContactRequest): Promise<void>;
  /** The request was answered or taken back: what was shown of it is withdrawn. Never throws. */
  settled(request: ContactRequest): void;
}

/**
 * Requests that wait for a person's consent: invitations to groups, and first messages of people who may
 * not write directly. Who is asked is no member until they accept, so that a request costs them a row in
 * a bounded list and nothing else.
 */
export class ContactRequests {
  constructor(private readonly options: ContactRequestsOptions) {}

  /** A repeat, and one to a person who has declined, does nothing until the first has expired. */
  async ask(about: NewRequest): Promise<RequestOutcome> {
    const { outcome, request } = await this.reserve(about);
    if (outcome === "added") await this.announce(request);
    return outcome;
  }

  /** As `ask`, before the chat exists: nobody is told until `announce`. */
  async reserve(about: NewRequest): Promise<{ outcome: RequestOutcome; request: ContactRequest }> {
    const { store, clock, limits } = this.options;
    const createdAt = clock.now();
    const expiresAt = createdAt + limits.contactRequestMs;
    const request = { id: newId(), ...about, createdAt, expiresAt, declinedAt: null };
    const outcome = await store.contacts.addRequest(request, {
      received: limits.contactRequests,
      sent: limits.contactRequestsSent,
    });
    return { outcome, request };
  }

  async announce(request: ContactRequest): Promise<void> {
    this.#tell(request, "pending");
    await this.options.notify(request);
  }

  /** Takes back what was reserved. */
  async cancel({ id }: ContactRequest): Promise<void> {
    await this.store.contacts.removeRequest(id);
  }

  /** Requests of people whom one of the two has blocked, or who are gone, are not shown. */
  async received(
    userId: string,
    query: RequestQuery,
  ): Promise<{ items: ReceivedRequest[]; next: string | null }> {
    const page = await this.store.contacts.received(userId, this.#page(query));
    const items: ReceivedRequest[] = [];
    const [users, chats, messages] = await Promise.all([
      this.store.users.byIds(page.map(({ fromId }) => fromId)),
      this.store.chats.byIds(page.map(({ chatId }) => chatId)),
      this.store.messages.newest(page.filter(isDirect).map(({ chatId }) => chatId)),
    ]);
    for (const request of page) {
      const from = users.find(({ id }) => id === request.fromId);
      const chat = chats.find(({ id }) => id === request.chatId);
      if (!from || !chat || !await this.#isWelcome(request)) continue;
      const message = messages.find(({ chatId }) => chatId === request.chatId);
      items.push({ request, from, chat, text: message?.text ?? null });
    }
    return { items, next: nextOf(page, query.limit) };
  }

  async sent(
    userId: string,
    query: RequestQuery,
  ): Promise<{ items: ContactRequest[]; next: string | null }> {
    const items = await this.store.contacts.sent(userId, this.#page(query));
    return { items, next: nextOf(items, query.limit) };
  }

  /** Makes the person a member. Throws `not_found` where the one who asked could no longer add them. */
  async accept(userId: string, requestId: string, visitor?: Visitor): Promise<Chat> {
    const request = await this.#waiting(userId, requestId);
    if (!await this.#isWelcome(request)) throw notFound("request", requestId);
    const chat = await this.options.writer.write(request.chatId, (draft) => {
      const inviter = draft.member(request.fromId);
      const mayAdd = request.kind === "direct" || inviter?.role !== "member";
      if (!inviter || !mayAdd) throw notFound("request", requestId);
      this.#join(draft, userId, request, visitor);
      return { ...draft.chat };
    });
    await this.close(request, "accepted");
    return chat;
  }

  /** The one who asked is told, and asking again has no effect until the request has expired. */
  async decline(userId: string, requestId: string): Promise<void> {
    const request = await this.#waiting(userId, requestId);
    if (await this.store.contacts.decline(requestId, this.options.clock.now())) {
      this.#settle(request, "declined");
    }
  }

  async withdraw(fromId: string, requestId: string): Promise<void> {
    const request = await this.store.contacts.request(requestId);
    if (request?.fromId !== fromId || !this.#waits(request)) throw notFound("request", requestId);
    await this.close(request, "withdrawn");
  }

  /** The request about this person and chat, if it has not expired; declined ones too. */
  async alive(userId: string, chatId: string): Promise<ContactRequest | null> {
    const request = await this.store.contacts.requestFor(userId, chatId);
    return request && request.expiresAt > this.options.clock.now() ? request : null;
  }

  /** Deletes it and tells both sides what became of it. */
  async close(request: ContactRequest, state: "accepted" | "withdrawn"): Promise<void> {
    if (await this.store.contacts.removeRequest(request.id)) this.#settle(request, state);
  }

  private get store() {
    return this.options.store;
  }

  #join(draft: ChatDraft, userId: string, { fromId }: ContactRequest, visitor?: Visitor): void {
    if (draft.member(userId)) return;
    if (draft.chat.kind === "group") {
      assertGroupSize(draft.chat.memberCount + 1, this.options.limits.groupMembers);
    }
    draft.addMember({ userId, role: "member", joinedAt: this.options.clock.now() });
    const origin = { actorId: userId, visitor: visitor ?? null };
    draft.record(origin, { action: "member.joined", userId, details: { invitedBy: fromId } });
  }

  async #waiting(userId: string, requestId: string): Promise<ContactRequest> {
    const request = await this.store.contacts.request(requestId);
    if (request?.userId === userId && this.#waits(request)) return request;
    throw notFound("request", requestId);
  }

  #waits({ declinedAt, expiresAt }: ContactRequest): boolean {
    return declinedAt === null && expiresAt > this.options.clock.now();
  }

  /** Neither of the two has blocked the other, and the one who asks is still there. */
  async #isWelcome({ userId, fromId }: ContactRequest): Promise<boolean> {
    const { people } = this.options;
    const [blocked, gone] = await Promise.all([
      people.isUnreachable(fromId, userId),
      people.isUnreachable(userId, fromId),
    ]);
    return !blocked && !gone;
  }

  #settle(request: ContactRequest, state: ContactRequestState): void {
    this.#tell(request, state);
    this.options.settled(request);
  }

  #tell({ id, kind, userId, fromId, chatId }: ContactRequest, state: ContactRequestState) {
    const data = { requestId: id, kind, userId, fromId, chatId, state };
    this.options.send([userId, fromId], { event: "contact.request", data });
  }

  #page({ limit, cursor }: RequestQuery) {
    if (cursor !== undefined && !isId(cursor)) {
      const message = `Cannot list requests: the cursor ${quote(cursor)} is not ours`;
      throw fieldError("invalid_request", "cursor", message);
    }
    return { now: this.options.clock.now(), before: cursor ?? null, limit };
  }
}

/** For a request that could not be added, or a chat that cannot be asked for again. */
export function tooManyRequests(): AppError {
  const message = "Cannot ask this person for their consent: too many requests wait already";
  return new AppError("rate_limited", message, { retryAfter: 3600 });
}

function isDirect({ kind }: ContactRequest): boolean {
  return kind === "direct";
}

function nextOf(page: ContactRequest[], limit: number): string | null {
  return page.length < limit ? null : page.at(-1)!.id;
}
