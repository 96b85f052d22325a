import { notFound } from "../core/errors.ts";
import type { AuditNote, AuditOrigin } from "../model/audit_entry.ts";
import { assertUnfrozen, type Chat } from "../model/chat.ts";
import type { ChatCommit, ChatStep } from "../model/chat_step.ts";
import type { Handshake } from "../model/handshake.ts";
import type { Membership } from "../model/membership.ts";
import type { Message, ReactionChange } from "../model/message.ts";
import type { OutboxEntry, OutboxEvent } from "../model/outbox_entry.ts";
import type { ChatChange } from "../store/chat_store.ts";
import type { SendKey } from "../store/message_store.ts";
import { type ChatLimits, NO_LIMITS, tooManyChats } from "./chat_limits.ts";
import type { ChatState } from "./chat_state.ts";
import type { NewHandshake, NewMember, NewMessage } from "./draft_input.ts";
import { membershipChange, readsOf, runAfter } from "./draft_members.ts";
import { DraftMessages, type MessageSource } from "./draft_messages.ts";
import { DraftSends } from "./draft_sends.ts";
import { DraftSideEffects } from "./draft_side_effects.ts";
import { mediaUses } from "./media_uses.ts";

export interface ChatDraftOptions {
  /** The time of everything that the draft changes. */
  now: number;
  /** Sends that are already known to be stored, by `sendKey`. */
  storedSends?: ReadonlyMap<string, Message>;
  chatLimits?: ChatLimits;
}

/**
 * A chat as it will be once the changes made so far are committed.
 *
 * A draft is its base and a list of steps, and nothing else. Shortening the list undoes what one
 * edit did, so an edit that fails half-way leaves no trace in a batch that other edits share.
 */
export class ChatDraft {
  /** The time of everything that the draft changes. */
  readonly now: number;
  readonly #chatLimits: ChatLimits;
  readonly #steps: ChatStep[] = [];
  #chat: Chat;
  #members = new Map<string, Membership>();
  readonly #messages: DraftMessages;
  readonly #sends: DraftSends;
  #despiteFreeze = false;
  readonly #sideEffects = new DraftSideEffects();

  constructor(
    readonly base: ChatState,
    source: MessageSource,
    { now, storedSends = new Map(), chatLimits = NO_LIMITS }: ChatDraftOptions,
  ) {
    this.#chat = base.chat;
    this.now = now;
    this.#messages = new DraftMessages(base.chat.id, base.chat.rev, source);
    this.#sends = new DraftSends(base.chat.id, source, storedSends);
    this.#chatLimits = chatLimits;
  }

  get chat(): Readonly<Chat> {
    return this.#chat;
  }

  get length(): number {
    return this.#steps.length;
  }

  /** Characters of the written messages: the cost of a commit grows with them. */
  get characters(): number {
    return this.#messages.characters;
  }

  /** True if the draft changes member rows that the chat had before. */
  get changesMembers(): boolean {
    return [...this.#members.keys()].some((userId) => this.base.members.has(userId));
  }

  /** Returns the membership of a present member, null for anyone else. */
  member(userId: string): Membership | null {
    const row = this.#row(userId);
    return row && row.leftAt === null ? row : null;
  }

  /** True for a former member: someone who joined once and has left. */
  wasMember(userId: string): boolean {
    return (this.#row(userId)?.leftAt ?? null) !== null;
  }

  /**
   * Returns the membership of a present member. Throws `not_found` for anyone else, as if the chat,
   * or whatever `named` and `id` say, did not exist.
   */
  requireMember(userId: string, named = "chat", id = this.#chat.id): Membership {
    const member = this.member(userId);
    if (!member) throw notFound(named, id);
    return member;
  }

  /** Returns the present members, longest-standing first. */
  presentMembers(): Membership[] {
    const rows = new Map([...this.base.members, ...this.#members]);
    return [...rows.values()]
      .filter((row) => row.leftAt === null)
      .sort((a, b) => a.joinedAt - b.joinedAt || (a.userId < b.userId ? -1 : 1));
  }

  /** Returns a message of this chat, or null. */
  message(id: string): Promise<Message | null> {
    return this.#messages.find(id);
  }

  /**
   * Returns the number of pinned messages, the draft's own included; counts no further than `max`.
   */
  countPins(max: number): Promise<number> {
    return this.#messages.countPins(max);
  }

  /** Returns the message that an earlier send with this `clientId` created, or null. */
  sent(senderId: string, clientId: string): Message | null {
    return this.#sends.get(senderId, clientId);
  }

  /** As `sent`, but looks in the store too: for a send that is about to be refused. */
  findSent(senderId: string, clientId: string): Promise<Message | null> {
    return this.#sends.find(senderId, clientId);
  }

  /** Highest revision of the messages that turned out to be stored already; 0 if there was none. */
  get repeatedRev(): number {
    return this.#sends.repeatedRev;
  }

  /** Throws `chat_frozen` in a frozen chat: for actions that change no row of it. */
  requireUnfrozen(): void {
    if (!this.#despiteFreeze) assertUnfrozen(this.#chat);
  }

  /**
   * Runs a change that a frozen chat permits. Without it a frozen chat permits to delete messages,
   * to leave, and messages of kind `system`; every other change throws `chat_frozen`.
   */
  despiteFreeze<T>(change: () => T): T {
    const outer = this.#despiteFreeze;
    this.#despiteFreeze = true;
    try {
      return change();
    } finally {
      this.#despiteFreeze = outer;
    }
  }

  insertMessage(fields: NewMessage): Message {
    if (fields.kind !== "system") this.requireUnfrozen();
    const rev = this.#chat.rev + 1;
    const message = { ...fields, chatId: this.#chat.id, seq: rev, rev };
    this.#apply({ type: "message.created", rev, message });
    return message;
  }

  /** `reacted` lists who added or removed a reaction by this update. */
  updateMessage(
    message: Message,
    patch: Partial<Message>,
    reacted?: ReactionChange[],
  ): Message {
    if (!patch.deletedAt) this.requireUnfrozen();
    const rev = this.#chat.rev + 1;
    this.#messages.keepStored(message);
    const updated = { ...message, ...patch, rev };
    const type = patch.deletedAt ? "message.deleted" : "message.updated";
    this.#apply({ type, rev, message: updated, ...(reacted && { reacted }) });
    return updated;
  }

  /** True for a person who may become a member of no further chat. */
  isFull(userId: string): boolean {
    return this.#chatLimits.full.has(userId);
  }

  /**
   * Adds a member. Messages written before they join do not count as unread. A former member keeps
   * no other setting. Throws `conflict` for a person who has reached the maximum number of chats.
   */
  addMember(member: NewMember): Membership {
    this.requireUnfrozen();
    const { userId } = member;
    if (this.isFull(userId)) throw tooManyChats(userId, this.#chatLimits.maxChats);
    const earlier = this.#row(userId);
    const { lastSeq } = this.#chat;
    return this.#applyMember({
      notify: "all",
      mutedUntil: null,
      addedByStranger: false,
      hiddenSeq: this.#chat.history === "joined" ? lastSeq : 0,
      custom: null,
      ...member,
      readSeq: Math.max(earlier?.readSeq ?? 0, lastSeq),
      deliveredSeq: Math.max(earlier?.deliveredSeq ?? 0, lastSeq),
      chatId: this.#chat.id,
      rev: this.#chat.rev + 1,
      leftAt: null,
    });
  }

  updateMember(
    member: Membership,
    patch: Partial<Pick<Membership, "role" | "leftAt" | "custom">>,
  ): Membership {
    if (!patch.leftAt) this.requireUnfrozen();
    const updated = { ...member, ...patch, rev: this.#chat.rev + 1 };
    return this.#applyMember(updated.leftAt === null ? updated : { ...updated, custom: null });
  }

  /** Ends the chat's epoch; only for an encrypted chat. */
  insertHandshake({ handshake, groupInfo, welcomes, restarts }: NewHandshake): Handshake {
    this.requireUnfrozen();
    const { id: chatId } = this.#chat;
    const rev = this.#chat.rev + 1;
    const generation = this.#chat.generation + (restarts ? 1 : 0);
    const epoch = restarts ? 0 : this.#chat.epoch!;
    const placed = { ...handshake, chatId, rev, generation, epoch };
    this.#apply({ type: "mls.commit", rev, handshake: placed });
    this.#sideEffects.changeGroup(rev, {
      groupInfo: { chatId, generation, epoch: epoch + 1, groupInfo },
      welcomes: welcomes.map((each) => ({ ...each, chatId, rev, generation, epoch: epoch + 1 })),
    });
    return placed;
  }

  updateChat(
    patch: Partial<
      Pick<
        Chat,
        "name" | "description" | "avatarMediaId" | "history" | "custom" | "externalId" | "frozen"
      >
    >,
  ): Chat {
    this.requireUnfrozen();
    const rev = this.#chat.rev + 1;
    this.#apply({
      type: "chat.updated",
      rev,
      chat: { ...this.#chat, ...patch, rev, detailsRev: rev, updatedAt: this.now },
    });
    return this.#chat;
  }

  /** Records who made the last step; written with it, in one transaction. */
  record(origin: AuditOrigin, note: Omit<AuditNote, "chatId">): void {
    const { id: chatId, rev } = this.#chat;
    this.#sideEffects.record(rev, origin, { ...note, chatId });
  }

  /** Notifies people of the last step once it is durable. */
  notify(event: OutboxEvent): void {
    this.#sideEffects.notify(this.#chat.rev, event);
  }

  /** Undoes all but the first `length` steps. */
  truncate(length: number): void {
    const kept = this.#steps.slice(0, length);
    this.#steps.length = 0;
    this.#chat = this.base.chat;
    this.#members = new Map();
    this.#messages.clear();
    this.#sends.clear();
    for (const step of kept) this.#apply(step);
    this.#sideEffects.truncate(this.#chat.rev);
  }

  /** Rows as the last step left them; the single steps are in `toCommit`. */
  toChange(): ChatChange {
    const messages = this.#messages.all();
    const uses = mediaUses(this.base.chat, this.#chat, messages, this.#messages.stored);
    const audit = this.#sideEffects.audit(this.now);
    const mls = this.#sideEffects.mls(this.#steps);
    const { maxChats } = this.#chatLimits;
    const membership = membershipChange(this.base.members, this.#members, maxChats);
    const outbox = this.#outboxEntry();
    const reads = readsOf(this.base.chat, messages, this.base.run);
    return {
      expectedRev: this.base.chat.rev,
      chat: { ...this.#chat, updatedAt: this.now },
      ...(this.base.chat.rev > 0 && { before: this.base.chat }),
      inserted: this.#messages.inserted(),
      updated: this.#messages.updated(),
      members: [...this.#members.values()],
      ...(membership && { membership }),
      ...(reads.length > 0 && { reads }),
      ...(audit.length > 0 && { audit }),
      ...(mls && { mls }),
      ...(uses.length > 0 && { mediaUses: uses }),
      ...(outbox && { outbox }),
    };
  }

  toCommit(): ChatCommit {
    const after = this.base.chat.rev;
    const outbox = this.#outboxEntry();
    return {
      chatId: this.#chat.id,
      after,
      rev: this.#chat.rev,
      steps: [...this.#steps],
      ...(outbox && { outbox }),
    };
  }

  /** Returns the state that the next draft starts from, once this one is committed. */
  toState(): ChatState {
    const { chat, members, run = null } = this.base;
    const messages = this.#messages.all();
    return {
      chat: this.#chat,
      members: this.#members.size === 0 ? members : new Map([...members, ...this.#members]),
      run: runAfter(chat, messages, readsOf(chat, messages, run), run),
    };
  }

  sendKeys(): SendKey[] {
    return this.#sends.keys();
  }

  #outboxEntry(): OutboxEntry | null {
    return this.#sideEffects.outbox(this.#chat.id, this.#steps, this.now);
  }

  #row(userId: string): Membership | null {
    return this.#members.get(userId) ?? this.base.members.get(userId) ?? null;
  }

  #applyMember(member: Membership): Membership {
    const memberCount = this.#countWith(member);
    this.#apply({ type: "member.updated", rev: member.rev, member, memberCount });
    return member;
  }

  #apply(step: ChatStep): void {
    this.#steps.push(step);
    if (step.type === "chat.updated") {
      this.#chat = step.chat;
    } else if (step.type === "member.updated") {
      this.#members.set(step.member.userId, step.member);
      const { rev, memberCount = this.#chat.memberCount } = step;
      this.#chat = { ...this.#chat, rev, memberCount };
    } else if (step.type === "mls.commit") {
      const { generation, epoch } = step.handshake;
      this.#chat = { ...this.#chat, rev: step.rev, generation, epoch: epoch + 1 };
    } else {
      this.#applyMessage(step.message);
    }
  }

  /** Number of present members once this row is applied. */
  #countWith(member: Membership): number {
    const was = this.member(member.userId) ? 1 : 0;
    const is = member.leftAt === null ? 1 : 0;
    return this.#chat.memberCount + is - was;
  }

  #applyMessage(message: Message): void {
    this.#messages.set(message);
    this.#chat = { ...this.#chat, rev: message.rev };
    if (message.seq !== message.rev) return;
    this.#sends.add(message);
    if (message.shadow) return;
    this.#chat.lastSeq = message.seq;
    this.#chat.lastActivityAt = message.createdAt;
  }
}
