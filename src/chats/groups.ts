import type { Clock } from "../core/clock.ts";
import { forEachOf } from "../core/concurrency.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Chat, HistoryRule } from "../model/chat.ts";
import { type CustomData, isSameCustom } from "../model/custom_data.ts";
import type { AuditOrigin } from "../model/audit_entry.ts";
import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import {
  assertGroupSize,
  assertMayRemove,
  type MemberRole,
  type Membership,
} from "../model/membership.ts";
import { requireAdmin, requireGroup, requireOwner } from "./chat_access.ts";
import type { NotAddedView } from "../api/views/contact.ts";
import type { ChatDraft } from "./chat_draft.ts";
import type { ChatWriter } from "./chat_writer.ts";
import type { Admission, ContactGate } from "./contact_gate.ts";
import { type ContactRequests, tooManyRequests } from "./contact_requests.ts";
import type { ReportChange } from "./system_messages.ts";
import { initialChat } from "./new_chat.ts";
import { changeRole, type Succession } from "./succession.ts";

export interface NewGroup {
  name: string;
  description: string;
  memberIds: string[];
  encrypted: boolean;
  history?: HistoryRule;
  custom?: CustomData | null;
}

export type GroupPatch = Partial<
  Pick<Chat, "name" | "description" | "avatarMediaId" | "history" | "custom">
>;

/**
 * Checks that an upload may be a group's picture: throws unless it is the caller's own, finished
 * image.
 */
export interface PictureSource {
  requireAvatar(userId: string, mediaId: string): Promise<void>;
}

export interface GroupsOptions {
  writer: ChatWriter;
  gate: ContactGate;
  requests: ContactRequests;
  pictures: PictureSource;
  succession: Succession;
  clock: Clock;
  limits: { groupMembers: number };
  /** Reports changes as messages of kind `system`. */
  report: ReportChange;
}

/** Maximum number of invitations written concurrently, each in a separate transaction. */
const INVITATIONS_AT_ONCE = 8;

/**
 * Enforces the roles of a group: members may leave; admins may change its name and picture, add
 * people and remove plain members; the owner may do everything, including removing admins and
 * changing roles. A group has exactly one owner while it has any member.
 */
export class Groups {
  constructor(private readonly options: GroupsOptions) {}

  async create(
    callerId: string,
    group: NewGroup,
    visitor?: Visitor,
  ): Promise<{ chat: Chat; notAdded: NotAddedView[] }> {
    const { writer, gate, clock, limits } = this.options;
    const { name, description, encrypted, history = "all", custom = null } = group;
    const memberIds = group.memberIds.filter((id) => id !== callerId);
    if (encrypted && memberIds.length > 0) throw onlyByCommit("memberIds", "create the group");
    assertGroupSize(memberIds.length + 1, limits.groupMembers);
    const admissions = await gate.admit(callerId, memberIds, "addToGroups");
    const createdAt = clock.now();
    const kind = "group" as const;
    const fields = { id: newId(), kind, name, description, encrypted, history, custom, createdAt };
    const made = await writer.create(initialChat({ ...fields, createdBy: callerId }), (draft) => {
      draft.updateChat({});
      draft.addMember({ userId: callerId, role: "owner", joinedAt: createdAt });
      draft.record(originOf(callerId, visitor), { action: "group.created" });
      const full = addAdmitted(draft, admissions, createdAt, originOf(callerId, visitor));
      return { chat: { ...draft.chat }, full };
    });
    const notAdded = await this.#notAdded(callerId, made.chat.id, admissions, made.full);
    return { chat: made.chat, notAdded };
  }

  update(callerId: string, groupId: string, patch: GroupPatch): Promise<void> {
    return this.#write(groupId, async (draft) => {
      requireAdmin(draft, callerId, "change the group");
      const changed = Object.entries(patch).filter(([field, value]) =>
        value !== undefined && !isUnchanged(draft.chat, field as keyof GroupPatch, value)
      );
      const picture = changed.find(([field]) => field === "avatarMediaId")?.[1];
      if (typeof picture === "string") await this.options.pictures.requireAvatar(callerId, picture);
      if (changed.length === 0) return;
      draft.updateChat(Object.fromEntries(changed));
      this.#reportDetails(draft, callerId, changed.map(([field]) => field));
    });
  }

  /**
   * Skips people who are members already. Returns the people who did not become members, with the
   * reasons; throws the first of these reasons if no one was added or invited.
   */
  async add(
    callerId: string,
    groupId: string,
    userIds: string[],
    visitor?: Visitor,
  ): Promise<NotAddedView[]> {
    const { gate, clock, limits, report } = this.options;
    const action = "add people to the group";
    const wanted = await this.#write(groupId, (draft) => {
      requireAdmin(draft, callerId, action);
      if (draft.chat.encrypted) throw onlyByCommit("userIds", action);
      draft.requireUnfrozen();
      return userIds.filter((userId) => !draft.member(userId));
    });
    const admissions = await gate.admit(callerId, wanted, "addToGroups");
    const full = await this.#write(groupId, (draft) => {
      requireAdmin(draft, callerId, action);
      const added = admissions.filter(({ way, userId }) =>
        way === "added" && !draft.member(userId)
      );
      assertGroupSize(draft.chat.memberCount + added.length, limits.groupMembers);
      const full = addAdmitted(draft, added, clock.now(), originOf(callerId, visitor));
      const userIds = added.map(({ userId }) => userId).filter((id) => !full.includes(id));
      if (userIds.length > 0) report(draft, { type: "member.joined", userIds, by: callerId });
      return full;
    });
    const notAdded = await this.#notAdded(callerId, groupId, admissions, full);
    throwIfNoneAdded(admissions, notAdded);
    return notAdded;
  }

  /** Asks people for their consent, even those who could be added; also in an encrypted group. */
  async invite(callerId: string, groupId: string, userIds: string[]): Promise<NotAddedView[]> {
    const action = "invite people to the group";
    const wanted = await this.#write(groupId, (draft) => {
      requireAdmin(draft, callerId, action);
      draft.requireUnfrozen();
      return userIds.filter((userId) => !draft.member(userId));
    });
    const admitted = await this.options.gate.admit(callerId, wanted, "addToGroups");
    const admissions = admitted.map((one): Admission =>
      one.way === "added" ? { way: "asked", userId: one.userId } : one
    );
    const notAdded = await this.#notAdded(callerId, groupId, admissions, []);
    throwIfNoneAdded(admissions, notAdded);
    return notAdded;
  }

  /** Leaves the group if the caller names themselves. */
  remove(callerId: string, groupId: string, userId: string, visitor?: Visitor): Promise<void> {
    return this.#write(groupId, async (draft) => {
      const caller = draft.requireMember(callerId, "group", groupId);
      const target = draft.requireMember(userId, "member", userId);
      if (callerId !== userId) {
        assertMayRemove(caller, target);
        if (draft.chat.encrypted) throw onlyByCommit("userId", "remove a member");
      }
      const origin = originOf(callerId, visitor);
      await this.#end(draft, target, origin);
      const action = callerId === userId ? "member.left" : "member.removed";
      draft.record(origin, { action, userId });
      this.options.report(draft, { type: action, userIds: [userId], by: callerId });
    });
  }

  /**
   * Removes a member for an administrator of the server, whatever their role. In an encrypted group
   * the membership ends as by leaving: the server delivers nothing more to them, and the next
   * Commit of a member removes their devices.
   */
  expel(
    caller: Caller | ServerCaller,
    groupId: string,
    userId: string,
    reason: string,
  ): Promise<void> {
    return this.options.writer.write(groupId, async (draft) => {
      if (draft.chat.kind === "direct") {
        const message = "Cannot remove the person: a direct chat always has its two members";
        throw new AppError("conflict", message);
      }
      const target = draft.requireMember(userId, "member", userId);
      const origin = { actorId: caller.userId, visitor: caller };
      await this.#end(draft, target, origin);
      const details = { reason, by: "administrator" };
      draft.record(origin, { action: "member.removed", userId, details });
      this.options.report(draft, { type: "member.removed", userIds: [userId], by: null });
    });
  }

  /** Ends a membership; ownership is transferred. */
  async #end(draft: ChatDraft, target: Membership, origin: AuditOrigin): Promise<void> {
    if (target.role === "owner") await this.options.succession.transfer(draft, target, origin);
    draft.updateMember(target, { leftAt: this.options.clock.now(), role: "member" });
  }

  #reportDetails(draft: ChatDraft, by: string, fields: string[]): void {
    const { report } = this.options;
    const { name } = draft.chat;
    if (fields.includes("name")) report(draft, { type: "chat.renamed", userIds: [], by, name });
    if (fields.includes("avatarMediaId")) report(draft, { type: "chat.picture", userIds: [], by });
  }

  /** Making someone the owner makes the owner an admin: there is only one owner. */
  setRole(
    callerId: string,
    groupId: string,
    userId: string,
    role: MemberRole,
    visitor?: Visitor,
  ): Promise<void> {
    return this.#write(groupId, async (draft) => {
      const owner = requireOwner(draft, callerId, "change a role");
      const target = draft.requireMember(userId, "member", userId);
      if (target.role === role) return;
      if (target.userId === callerId) {
        throw fieldError(
          "conflict",
          "role",
          "Cannot give up ownership: make another member the owner",
        );
      }
      if (role !== "member") await this.options.succession.requireAble(userId);
      const origin = originOf(callerId, visitor);
      changeRole(draft, target, role, origin);
      if (role === "owner") changeRole(draft, owner, "admin", origin);
    });
  }

  /** Sends the invitations and returns those who were not added. */
  async #notAdded(
    callerId: string,
    groupId: string,
    admissions: Admission[],
    full: string[],
  ): Promise<NotAddedView[]> {
    const notAdded = new Map<string, NotAddedView>();
    for (const userId of full) notAdded.set(userId, { userId, reason: "full" });
    await forEachOf(admissions, INVITATIONS_AT_ONCE, async (admission) => {
      const { way, userId } = admission;
      if (way === "added") return;
      if (way === "refused") return void notAdded.set(userId, limited(userId, admission.error));
      const outcome = await this.options.requests.ask({
        kind: "group",
        fromId: callerId,
        userId,
        chatId: groupId,
      });
      const view: NotAddedView = outcome === "full"
        ? limited(userId, tooManyRequests())
        : { userId, reason: "invited" };
      notAdded.set(userId, view);
    });
    // In the order in which they were named.
    return admissions.flatMap(({ userId }) => notAdded.get(userId) ?? []);
  }

  #write<T>(groupId: string, edit: (draft: ChatDraft) => T | Promise<T>): Promise<T> {
    return this.options.writer.write(groupId, (draft) => {
      requireGroup(draft);
      return edit(draft);
    }).catch((error) => {
      // The writer reports a missing chat; a caller who asked for a group gets an error about the
      // group.
      if (error instanceof AppError && error.code === "not_found" && isAboutChat(error, groupId)) {
        throw notFound("group", groupId);
      }
      throw error;
    });
  }
}

function isUnchanged(chat: Readonly<Chat>, field: keyof GroupPatch, value: unknown): boolean {
  if (field === "custom") return isSameCustom(chat.custom, value as CustomData | null);
  return chat[field] === value;
}

/**
 * Adds the people whose admission allows it; returns those who may be a member of no further chat.
 */
function addAdmitted(
  draft: ChatDraft,
  admissions: Admission[],
  joinedAt: number,
  origin: AuditOrigin,
): string[] {
  const full: string[] = [];
  for (const admission of admissions) {
    if (admission.way !== "added") continue;
    const { userId, stranger: addedByStranger } = admission;
    if (draft.isFull(userId)) {
      full.push(userId);
      continue;
    }
    draft.addMember({ userId, role: "member", joinedAt, addedByStranger });
    draft.record(origin, { action: "member.added", userId });
  }
  return full;
}

function limited(userId: string, { retryAfter }: AppError): NotAddedView {
  return { userId, reason: "rate_limited", ...(retryAfter !== undefined && { retryAfter }) };
}

function throwIfNoneAdded(admissions: Admission[], notAdded: NotAddedView[]): void {
  if (notAdded.length === 0 || notAdded.length < admissions.length) return;
  if (notAdded.some(({ reason }) => reason === "invited")) return;
  const [{ userId, reason }] = notAdded;
  const refused = admissions.find((one) => one.way === "refused");
  if (refused) throw refused.error;
  if (reason === "rate_limited") throw tooManyRequests();
  const message = `Cannot add ${
    quote(userId)
  } to the group: they are in the maximum number of chats`;
  throw new AppError("conflict", message);
}

/** Keys and membership change together: a member without the group's keys could read nothing. */
function onlyByCommit(field: string, action: string): AppError {
  const message = `Cannot ${action}: in an encrypted group the Commit adds and removes people`;
  return fieldError("conflict", field, message);
}

function isAboutChat(error: AppError, chatId: string): boolean {
  return error.message === notFound("chat", chatId).message;
}

function originOf(actorId: string, visitor: Visitor | null = null): AuditOrigin {
  return { actorId, visitor };
}
