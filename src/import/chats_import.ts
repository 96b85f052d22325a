import { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatState } from "../chats/chat_state.ts";
import type { ChatStateCache } from "../chats/chat_state_cache.ts";
import { initialChat } from "../chats/new_chat.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import { type Chat, directKeysOf } from "../model/chat.ts";
import { assertGroupSize, type MemberRole } from "../model/membership.ts";
import { DuplicateKey, type Store, TooManyChats } from "../store/store.ts";
import { Contention } from "./contention.ts";
import type { IdSequence } from "./id_sequence.ts";
import type { KnownIds } from "./known_ids.ts";
import type { ChatLine } from "./lines.ts";

/** Members that one commit adds: a large group does not hold up who else writes to the store. */
const MEMBERS_AT_ONCE = 500;

export interface ChatsImportOptions {
  store: Store;
  states: ChatStateCache;
  known: KnownIds;
  ids: IdSequence;
  clock: Clock;
  limits: { groupMembers: number; chatsPerUser: number };
}

interface ImportedMember {
  userId: string;
  role: MemberRole;
  joinedAt: number;
  leftAt: number | null;
}

/**
 * Makes chats with their members. A chat that exists stays as it is, and gets the members who have
 * never been in it. No consent is asked for, and no one is notified.
 */
export class ChatsImport {
  constructor(private readonly options: ChatsImportOptions) {}

  /** Returns true if the chat was made. */
  async put(line: ChatLine): Promise<boolean> {
    const members = await this.#membersOf(line);
    let made = false;
    for (let contention = new Contention();;) {
      const found = await this.#find(line, members);
      const draft = this.#draft(found ?? await this.#newChat(line, members));
      if (!found) draft.updateChat({});
      else if (found.chat.externalId === null) {
        draft.updateChat({ externalId: line.externalId });
      }
      const isLast = this.#addMembers(draft, members);
      if (draft.length === 0) return made;
      if (!await this.#commit(draft)) {
        await contention.lost();
        continue;
      }
      made ||= !found;
      if (isLast) return made;
      contention = new Contention();
    }
  }

  async #membersOf({ kind, members, createdAt }: ChatLine): Promise<ImportedMember[]> {
    const userIds = await this.options.known.people(members.map(({ person }) => person));
    const rows = members.map(({ role, joinedAt, leftAt }, i) => ({
      userId: userIds[i],
      role,
      joinedAt: joinedAt ?? createdAt,
      leftAt: leftAt ?? null,
    }));
    if (kind === "direct") {
      return rows.map((row) => ({ ...row, role: "member" as const, leftAt: null }));
    }
    return withOneOwner(rows);
  }

  async #find(
    { externalId, kind }: ChatLine,
    members: ImportedMember[],
  ): Promise<ChatState | null> {
    const { store } = this.options;
    const chat = await store.chats.byExternalId(externalId) ??
      (kind === "direct" ? await this.#plainDirectChat(members) : null);
    if (!chat) return null;
    if (chat.externalId !== null && chat.externalId !== externalId) {
      throw conflict(`these two people have the chat ${chat.externalId} already`);
    }
    if (chat.kind !== kind) throw conflict(`it exists as a ${chat.kind} chat`);
    if (chat.encrypted) throw conflict("it is encrypted");
    this.options.states.forget(chat.id);
    return (await this.options.states.get(chat.id)).state;
  }

  async #plainDirectChat([a, b]: ImportedMember[]): Promise<Chat | null> {
    for (const key of directKeysOf(a.userId, b.userId, false)) {
      const chat = await this.options.store.chats.byDirectKey(key);
      if (chat && !chat.encrypted) return chat;
    }
    return null;
  }

  async #newChat(line: ChatLine, members: ImportedMember[]): Promise<ChatState> {
    const { externalId, kind, name = "", description, history, createdAt, custom } = line;
    const isDirect = kind === "direct";
    const owner = members.find(({ role }) => role === "owner") ?? members[0];
    return initialChat({
      id: this.options.ids.next(createdAt, null),
      externalId,
      kind,
      createdBy: owner.userId,
      createdAt,
      encrypted: false,
      history,
      custom,
      directKey: isDirect ? await this.#freeKey(members) : null,
      name: isDirect ? "" : name,
      description: isDirect ? "" : description,
    });
  }

  /** The second key is for a pair whose encrypted chat of an earlier release has the first. */
  async #freeKey([a, b]: ImportedMember[]): Promise<string> {
    const [first, second] = directKeysOf(a.userId, b.userId, false);
    return await this.options.store.chats.byDirectKey(first) ? second : first;
  }

  #draft(state: ChatState): ChatDraft {
    const { store, clock, limits } = this.options;
    const chatLimits = { maxChats: limits.chatsPerUser, full: new Set<string>() };
    return new ChatDraft(state, store.messages, { now: clock.now(), chatLimits });
  }

  /**
   * Adds those who have no row yet, as many as one commit takes; returns true if these were all.
   */
  #addMembers(draft: ChatDraft, members: ImportedMember[]): boolean {
    const hasRow = ({ userId }: ImportedMember) =>
      draft.member(userId) !== null || draft.wasMember(userId);
    const lacking = members.filter((member) => !hasRow(member));
    const hasOwner = draft.presentMembers().some(({ role }) => role === "owner");
    for (const { userId, role, joinedAt, leftAt } of lacking.slice(0, MEMBERS_AT_ONCE)) {
      const isSecondOwner = role === "owner" && hasOwner;
      const row = draft.addMember({ userId, joinedAt, role: isSecondOwner ? "admin" : role });
      if (leftAt !== null) draft.updateMember(row, { leftAt });
    }
    assertGroupSize(draft.chat.memberCount, this.options.limits.groupMembers);
    return lacking.length <= MEMBERS_AT_ONCE;
  }

  /** Returns false if the chat has changed meanwhile. */
  async #commit(draft: ChatDraft): Promise<boolean> {
    const { outbox: _, ...change } = draft.toChange();
    try {
      if (await this.options.store.chats.commit(change) === "stale") return false;
      this.options.states.set(draft.toState());
      return true;
    } catch (error) {
      if (error instanceof TooManyChats) {
        throw conflict(`${error.userIds.length} of its members are in the maximum number of chats`);
      }
      if (error instanceof DuplicateKey) return false;
      throw error;
    }
  }
}

/** A group has one owner while anyone is in it. */
function withOneOwner(members: ImportedMember[]): ImportedMember[] {
  const present = members.filter(({ leftAt }) => leftAt === null);
  if (present.length === 0) throw invalid("members must have someone who has not left");
  const owners = present.filter(({ role }) => role === "owner");
  if (owners.length > 1) throw invalid("members must have one owner");
  const owner = owners[0] ?? present.find(({ role }) => role === "admin") ?? present[0];
  const others = members.filter((member) => member !== owner);
  return [
    { ...owner, role: "owner" },
    ...others.map((row) => row.role === "owner" ? { ...row, role: "admin" as const } : row),
  ];
}

function conflict(reason: string): AppError {
  return new AppError("conflict", `Cannot import the chat: ${reason}`);
}

function invalid(message: string): AppError {
  return new AppError("invalid_request", message);
}
