import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
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
import type { Shadows } from "./shadows.ts";
import { SpentRequests } from "./spent_requests.ts";
import type { ReportChange } from "./system_messages.ts";

export type ContactRequestState = "pending" | "accepted" | "declined" | "withdrawn";

/** A request as its recipient sees it. */
export interface ReceivedRequest {
  request: ContactRequest;
  from: User;
  chat: Chat;
  /** Text of the first message of a direct request, if there is one. */
  text: string | null;
}

export type NewRequest = Pick<ContactRequest, "kind" | "fromId" | "userId" | "chatId">;

export interface RequestQuery {
  limit: number;
  cursor?: string;
}

export interface ContactRequestsOptions {
  store: Pick<Store, "contacts" | "chats" | "memberships" | "messages" | "users">;
  writer: ChatWriter;
  contactPolicy: ContactPolicy;
  /** Requests of a shadowed person are neither stored nor announced. */
  shadows: Pick<Shadows, "has">;
  clock: Clock;
  limits: {
    contactRequests: number;
    contactRequestsSent: number;
    contactRequestMs: number;
    groupMembers: number;
  };
  /** Sends an ephemeral event to all connections of these users, on every instance. */
  send(userIds: string[], event: WireEvent): void;
  /** Reports who joined as a message of kind `system`. */
  report: ReportChange;
  /** Notifies the recipient within the app, and by a push. Never throws. */
  notify(request: ContactRequest): Promise<void>;
  /**
   * Called when the request was answered or withdrawn: its notification is withdrawn too. Never
   * throws.
   */
  settled(request: ContactRequest): void;
  log: Log;
}

/**
 * Requests that wait for a person's consent: invitations to groups, and first messages of people
 * who may not write directly. The recipient is not a member until they accept, so that a request
 * costs them a row in a bounded list and nothing else.
 */
export class ContactRequests {
  readonly #spent: SpentRequests;

  constructor(private readonly options: ContactRequestsOptions) {
    const { store, writer, log } = options;
    this.#spent = new SpentRequests({
      store,
      close: (request, state) => this.close(request, state),
      log,
    });
    writer.onCommit((commit) => this.#spent.committed(commit));
  }

  /**
   * Does nothing for a repeat, or for a person who has declined, until the first request has
   * expired. Replaces a request that its recipient could not accept.
   */
  async ask(newRequest: NewRequest): Promise<RequestOutcome> {
    const { outcome, request } = await this.reserve(newRequest);
    if (outcome === "added") await this.announce(request);
    return outcome;
  }

  /** As `ask`, before the chat exists: notifies no one until `announce`. */
  async reserve(
    newRequest: NewRequest,
  ): Promise<{ outcome: RequestOutcome; request: ContactRequest }> {
    const { store, clock, limits } = this.options;
    const createdAt = clock.now();
    const expiresAt = createdAt + limits.contactRequestMs;
    const request = { id: newId(), ...newRequest, createdAt, expiresAt, declinedAt: null };
    if (this.options.shadows.has(request.fromId)) return { outcome: "added", request };
    const add = () =>
      store.contacts.addRequest(request, {
        received: limits.contactRequests,
        sent: limits.contactRequestsSent,
      });
    const outcome = await add();
    if (outcome !== "exists" || !await this.#closeUnusable(request)) return { outcome, request };
    return { outcome: await add(), request };
  }

  async announce(request: ContactRequest): Promise<void> {
    if (this.options.shadows.has(request.fromId)) return;
    this.#sendEvent(request, "pending");
    await this.options.notify(request);
  }

  /** Deletes a reserved request. */
  async cancel({ id }: ContactRequest): Promise<void> {
    await this.store.contacts.removeRequest(id);
  }

  /**
   * Lists requests received, without those where one of the two has blocked the other or the
   * sender's account is gone.
   */
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
      if (!from || !chat || !await this.#isReachable(request)) continue;
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

  /** Makes the recipient a member. Throws `not_found` if the sender could no longer add them. */
  async accept(userId: string, requestId: string, visitor?: Visitor): Promise<Chat> {
    const request = await this.#requirePending(userId, requestId);
    if (!await this.#isReachable(request)) throw notFound("request", requestId);
    if (await this.#spent.hasLeftSince(request)) {
      await this.close(request, "withdrawn");
      throw notFound("request", requestId);
    }
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

  /** Notifies the sender; asking again has no effect until the request has expired. */
  async decline(userId: string, requestId: string): Promise<void> {
    const request = await this.#requirePending(userId, requestId);
    if (await this.store.contacts.decline(requestId, this.options.clock.now())) {
      this.#settle(request, "declined");
    }
  }

  async withdraw(fromId: string, requestId: string): Promise<void> {
    const request = await this.store.contacts.request(requestId);
    if (request?.fromId !== fromId || !this.#isPending(request)) {
      throw notFound("request", requestId);
    }
    await this.close(request, "withdrawn");
  }

  /** Returns the request for this person and chat if it has not expired; declined ones too. */
  async unexpired(userId: string, chatId: string): Promise<ContactRequest | null> {
    const request = await this.store.contacts.requestFor(userId, chatId);
    return request && request.expiresAt > this.options.clock.now() ? request : null;
  }

  /** Deletes the request and notifies both sides of its final state. */
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
    if (draft.chat.kind === "direct") return;
    this.options.report(draft, { type: "member.joined", userIds: [userId], by: userId });
  }

  async #requirePending(userId: string, requestId: string): Promise<ContactRequest> {
    const request = await this.store.contacts.request(requestId);
    if (request?.userId === userId && this.#isPending(request)) return request;
    throw notFound("request", requestId);
  }

  #isPending({ declinedAt, expiresAt }: ContactRequest): boolean {
    return declinedAt === null && expiresAt > this.options.clock.now();
  }

  /**
   * Closes the pending request to this person for this chat if they could not accept it: otherwise
   * it would keep out every other invitation until it expires. Returns true if there was one.
   */
  async #closeUnusable({ userId, chatId }: ContactRequest): Promise<boolean> {
    const request = await this.unexpired(userId, chatId);
    if (!request || request.declinedAt !== null) return false;
    if (await this.#isUsable(request)) return false;
    await this.close(request, "withdrawn");
    return true;
  }

  async #isUsable(request: ContactRequest): Promise<boolean> {
    if (!await this.#isReachable(request) || await this.#spent.hasLeftSince(request)) return false;
    return await this.#spent.maySenderAdd(request);
  }

  /** True if neither of the two has blocked the other, and both accounts still exist. */
  async #isReachable({ userId, fromId }: ContactRequest): Promise<boolean> {
    const { contactPolicy } = this.options;
    const [blocked, gone] = await Promise.all([
      contactPolicy.isUnreachable(fromId, userId),
      contactPolicy.isUnreachable(userId, fromId),
    ]);
    return !blocked && !gone;
  }

  #settle(request: ContactRequest, state: ContactRequestState): void {
    this.#sendEvent(request, state);
    this.options.settled(request);
  }

  #sendEvent({ id, kind, userId, fromId, chatId }: ContactRequest, state: ContactRequestState) {
    const data = { requestId: id, kind, userId, fromId, chatId, state };
    this.options.send([userId, fromId], { event: "contact.request", data });
  }

  #page({ limit, cursor }: RequestQuery) {
    if (cursor !== undefined && !isId(cursor)) {
      const message = `Cannot list requests: the cursor ${quote(cursor)} is invalid`;
      throw fieldError("invalid_request", "cursor", message);
    }
    return { now: this.options.clock.now(), before: cursor ?? null, limit };
  }
}

/** For a request that could not be added, or a chat whose request cannot be renewed. */
export function tooManyRequests(): AppError {
  const message = "Cannot ask this person for their consent: too many requests are pending already";
  return new AppError("rate_limited", message, { retryAfter: 3600 });
}

function isDirect({ kind }: ContactRequest): boolean {
  return kind === "direct";
}

function nextOf(page: ContactRequest[], limit: number): string | null {
  return page.length < limit ? null : page.at(-1)!.id;
}
