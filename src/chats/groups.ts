import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import type { Chat } from "../model/chat.ts";
import type { AuditOrigin } from "../model/audit_entry.ts";
import type { Visitor } from "../model/caller.ts";
import {
  assertGroupSize,
  assertMayRemove,
  type MemberRole,
  type Membership,
} from "../model/membership.ts";
import { requireAdmin, requireGroup, requireOwner } from "./chat_access.ts";
import type { ChatDraft } from "./chat_draft.ts";
import type { ChatWriter } from "./chat_writer.ts";
import { unbornChat } from "./new_chat.ts";
import type { People } from "./people.ts";

export interface NewGroup {
  name: string;
  description: string;
  memberIds: string[];
  encrypted: boolean;
}

export type GroupPatch = Partial<Pick<Chat, "name" | "description" | "avatarMediaId">>;

/** Says whether an upload may be a group's picture: throws if it is not an own, finished image. */
export interface PictureSource {
  requireAvatar(userId: string, mediaId: string): Promise<void>;
}

/**
 * Who may do what in a group: members leave; admins change its name and picture, add people and
 * remove plain members; the owner does all that, removes admins, and gives roles. There is one
 * owner for as long as anyone is left.
 */
export class Groups {
  constructor(
    private readonly writer: ChatWriter,
    private readonly people: People,
    private readonly pictures: PictureSource,
    private readonly clock: Clock,
    private readonly limits: { groupMembers: number },
  ) {}

  async create(callerId: string, group: NewGroup, visitor?: Visitor): Promise<Chat> {
    const { name, description, encrypted } = group;
    const memberIds = group.memberIds.filter((id) => id !== callerId);
    if (encrypted && memberIds.length > 0) throw onlyByCommit("memberIds", "Making the group");
    assertGroupSize(memberIds.length + 1, this.limits.groupMembers);
    await this.people.reach(callerId, memberIds);
    const createdAt = this.clock.now();
    const chat = { id: newId(), kind: "group" as const, name, description, encrypted, createdAt };
    return this.writer.create(unbornChat({ ...chat, createdBy: callerId }), (draft) => {
      draft.updateChat({});
      draft.addMember({ userId: callerId, role: "owner", joinedAt: createdAt });
      draft.record(originOf(callerId, visitor), { action: "group.created" });
      for (const userId of memberIds) {
        draft.addMember({ userId, role: "member", joinedAt: createdAt });
        draft.record(originOf(callerId, visitor), { action: "member.added", userId });
      }
      return { ...draft.chat };
    });
  }

  update(callerId: string, groupId: string, patch: GroupPatch): Promise<void> {
    return this.#write(groupId, async (draft) => {
      requireAdmin(draft, callerId, "Changing the group");
      const changed = Object.entries(patch).filter(([field, value]) =>
        value !== undefined && draft.chat[field as keyof GroupPatch] !== value
      );
      const picture = changed.find(([field]) => field === "avatarMediaId")?.[1];
      if (picture) await this.pictures.requireAvatar(callerId, picture);
      if (changed.length > 0) draft.updateChat(Object.fromEntries(changed));
    });
  }

  /** People who are in it already are passed over. */
  async add(
    callerId: string,
    groupId: string,
    userIds: string[],
    visitor?: Visitor,
  ): Promise<void> {
    await this.#write(groupId, (draft) => {
      requireAdmin(draft, callerId, "Adding people to the group");
      if (draft.chat.encrypted) throw onlyByCommit("userIds", "Adding people to the group");
    });
    await this.people.reach(callerId, userIds);
    await this.#write(groupId, (draft) => {
      requireAdmin(draft, callerId, "Adding people to the group");
      const added = userIds.filter((userId) => !draft.member(userId));
      assertGroupSize(draft.chat.memberCount + added.length, this.limits.groupMembers);
      const joinedAt = this.clock.now();
      for (const userId of added) {
        draft.addMember({ userId, role: "member", joinedAt });
        draft.record(originOf(callerId, visitor), { action: "member.added", userId });
      }
    });
  }

  /** Leaving, when it is oneself. */
  remove(callerId: string, groupId: string, userId: string, visitor?: Visitor): Promise<void> {
    return this.#write(groupId, (draft) => {
      const caller = draft.requireMember(callerId, "group", groupId);
      const target = draft.requireMember(userId, "member", userId);
      if (callerId !== userId) {
        assertMayRemove(caller, target);
        if (draft.chat.encrypted) throw onlyByCommit("userId", "Removing a member");
      }
      const origin = originOf(callerId, visitor);
      if (target.role === "owner") passOwnershipOn(draft, target, origin);
      draft.updateMember(target, { leftAt: this.clock.now(), role: "member" });
      const action = callerId === userId ? "member.left" : "member.removed";
      draft.record(origin, { action, userId });
    });
  }

  /** Making someone the owner makes the owner an admin: there is only one. */
  setRole(
    callerId: string,
    groupId: string,
    userId: string,
    role: MemberRole,
    visitor?: Visitor,
  ): Promise<void> {
    return this.#write(groupId, (draft) => {
      const owner = requireOwner(draft, callerId, "Giving a role");
      const target = draft.requireMember(userId, "member", userId);
      if (target.role === role) return;
      if (target.userId === callerId) {
        throw fieldError("conflict", "role", "Giving up ownership: make someone else the owner");
      }
      const origin = originOf(callerId, visitor);
      changeRole(draft, target, role, origin);
      if (role === "owner") changeRole(draft, owner, "admin", origin);
    });
  }

  #write(groupId: string, edit: (draft: ChatDraft) => void | Promise<void>): Promise<void> {
    return this.writer.write(groupId, (draft) => {
      requireGroup(draft);
      return edit(draft);
    }).catch((error) => {
      // The writer knows only chats; who asks for a group hears of a group.
      if (error instanceof AppError && error.code === "not_found" && isAboutChat(error, groupId)) {
        throw notFound("group", groupId);
      }
      throw error;
    });
  }
}

/** Keys and membership change together: a member without the group's keys could read nothing. */
function onlyByCommit(field: string, action: string): AppError {
  const about = `${action}: in an encrypted group the Commit adds and removes people`;
  return fieldError("conflict", field, about);
}

function isAboutChat(error: AppError, chatId: string): boolean {
  return error.message === notFound("chat", chatId).message;
}

/** To the admin, or else the member, who has been there longest. */
function passOwnershipOn(draft: ChatDraft, owner: Membership, origin: AuditOrigin): void {
  const others = draft.presentMembers().filter((member) => member.userId !== owner.userId);
  const heir = others.find((member) => member.role === "admin") ?? others[0];
  if (heir) changeRole(draft, heir, "owner", origin);
}

function changeRole(
  draft: ChatDraft,
  member: Membership,
  role: MemberRole,
  origin: AuditOrigin,
): void {
  draft.updateMember(member, { role });
  const details = { from: member.role, to: role };
  draft.record(origin, { action: "member.role_changed", userId: member.userId, details });
}

function originOf(actorId: string, visitor: Visitor | null = null): AuditOrigin {
  return { actorId, visitor };
}
