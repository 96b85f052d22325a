import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatDraft } from "../chats/chat_draft.ts";
import type { NewHandshake } from "../chats/draft_input.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Admission, ContactGate } from "../chats/contact_gate.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { timeSlices } from "../core/work_budget.ts";
import type { Caller } from "../model/caller.ts";
import type { Chat } from "../model/chat.ts";
import type { Handshake, StoredGroupInfo } from "../model/handshake.ts";
import { assertGroupSize } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import { base64UrlBytes, fromBase64Url } from "../core/base64url.ts";
import { isCurrent, requireCurrent, requireMayRestart, staleEpoch } from "./commit_order.ts";
import { checkDevices, checkMembership, checkWelcome, type WelcomeClaim } from "./commit_rules.ts";
import { checkCommit, type CommitEffect } from "./mls/commit_check.ts";
import { parseGroupInfo } from "./mls/group_info.ts";
import { parseFramedMessage, type PublicMessage } from "./mls/mls_message.ts";
import { malformed } from "./mls/tls_reader.ts";
import type { EncryptionNotices } from "./notices.ts";
import { pageByLength } from "./page_by_length.ts";

export interface CommitInput {
  chatId: string;
  /** The epoch that the Commit belongs to. */
  epoch: number;
  commit: string;
  groupInfo: string;
  welcome?: WelcomeClaim;
  addUserIds: string[];
  removeUserIds: string[];
  clientId: string;
}

/** A group that replaces the chat's group, with its first Commit. */
export interface RestartInput {
  chatId: string;
  /** The generation of the new group: that of the chat plus one. */
  generation: number;
  commit: string;
  groupInfo: string;
  welcome?: WelcomeClaim;
  clientId: string;
}

/** Either kind of input, with the group that it belongs to. */
type Submission = CommitInput & { generation: number; restarts: boolean };

export interface Committed {
  rev: number;
  generation: number;
  /** The epoch that the Commit started. */
  epoch: number;
  repeated: boolean;
}

/** Results of checking a Commit, before they are compared with the chat. */
interface Checked {
  effect: CommitEffect;
  /** Devices in the effect that are registered. */
  registered: ReadonlySet<string>;
  welcomes: NewHandshake["welcomes"];
}

/** A `Checked`, with those users to be added who have no contact with the caller. */
type Admitted = Checked & { strangers: ReadonlySet<string> };

export interface CommitsOptions {
  store: Store;
  writer: ChatWriter;
  access: ChatAccess;
  gate: Pick<ContactGate, "admit">;
  contactPolicy: ContactPolicy;
  notices: EncryptionNotices;
  clock: Clock;
  limits: { commitBytes: number; groupMembers: number };
}

/**
 * Orders Commits, the only task that MLS gives a server (RFC 9420, section 14): one Commit per
 * epoch. Slow checks run before the edit. The edit that takes the revision compares the epoch
 * again, so a Commit that was overtaken in the meantime fails as `stale_epoch`, and the membership
 * changes in the same transaction.
 */
export class Commits {
  constructor(private readonly options: CommitsOptions) {}

  async commit(caller: Caller, input: CommitInput): Promise<Committed> {
    this.#checkSizes(input);
    const { generation } = await this.#encryptedChat(caller.userId, input.chatId);
    return await this.#submit(caller, { ...input, generation, restarts: false });
  }

  /**
   * Restarts the chat's MLS group after a member has made it unusable: parts that only members can
   * check (the secrets of a path, the transcript of the first Commit) may be wrong, and members
   * whose Commits are refused cannot remove anyone. The new group has another group id: old
   * messages stay unchanged, and all members see who restarted it, by the generation of the Commit.
   *
   * In a direct chat either member may restart; in a group its owner and admins.
   */
  async restart(caller: Caller, input: RestartInput): Promise<Committed> {
    this.#checkSizes(input);
    await this.#encryptedChat(caller.userId, input.chatId);
    const empty = { epoch: 0, addUserIds: [], removeUserIds: [] };
    return await this.#submit(caller, { ...input, ...empty, restarts: true });
  }

  async #submit(caller: Caller, input: Submission): Promise<Committed> {
    const callerId = caller.userId;
    const repeated = await this.#repeatOf(callerId, input);
    if (repeated) return repeated;
    const chat = await this.#encryptedChat(callerId, input.chatId);
    requireCurrent(chat, input);
    if (input.restarts) {
      requireMayRestart(chat, await this.options.access.requireMember(chat.id, callerId));
      await this.options.contactPolicy.requireOpen(chat, callerId, "restart the MLS group");
    }
    const checked = await this.#check(callerId, input);
    const strangers = await this.#admit(callerId, input.addUserIds);
    const committed = await this.options.writer.write(
      input.chatId,
      (draft) => this.#edit(draft, caller, input, { ...checked, strangers }),
    );
    if (!committed.repeated) {
      const { chatId } = input;
      this.options.notices.welcomes(checked.welcomes.map((welcome) => ({ ...welcome, chatId })));
    }
    return committed;
  }

  /** In order of revision; a page of long Commits has fewer than `limit`. */
  async list(
    callerId: string,
    chatId: string,
    after: number,
    limit: number,
  ): Promise<{ items: Handshake[]; next: string | null }> {
    const chat = await this.#encryptedChat(callerId, chatId);
    const { handshakes } = this.options.store;
    const { items, isLast } = await pageByLength<Handshake>(
      limit,
      (last, limit) => handshakes.changed(chatId, last?.rev ?? after, chat.rev, limit),
    );
    return { items, next: isLast ? null : String(items.at(-1)!.rev) };
  }

  async groupInfo(callerId: string, chatId: string): Promise<StoredGroupInfo> {
    await this.#encryptedChat(callerId, chatId);
    const found = await this.options.store.handshakes.groupInfo(chatId);
    if (!found) throw notFound("group info of chat", chatId);
    return found;
  }

  async #check(callerId: string, input: Submission): Promise<Checked> {
    const pause = timeSlices();
    const message = parseCommit(input);
    await pause();
    const after = parseGroupInfo(fromBase64Url(input.groupInfo));
    await pause();
    const before = await this.#groupInfoBefore(input);
    await pause();
    const effect = await checkCommit(message, after, before, this.options.clock.now());
    const concerned = [effect.committer, ...effect.added, ...effect.removed];
    const devices = await this.options.store.devices.byIds(
      concerned.map(({ deviceId }) => deviceId),
    );
    checkDevices(callerId, effect, devices);
    await checkWelcome(effect, input.welcome);
    const owners = new Map(effect.added.map(({ deviceId, userId }) => [deviceId, userId]));
    const welcomes = (input.welcome?.deviceIds ?? []).map((deviceId) => ({
      id: newId(),
      userId: owners.get(deviceId)!,
      deviceId,
      message: input.welcome!.message,
      createdAt: this.options.clock.now(),
    }));
    return { effect, registered: new Set(devices.map(({ id }) => id)), welcomes };
  }

  /**
   * Returns the strangers among these users. A Commit adds all of them or none: throws for the
   * first user who must be invited first (by `group.invite`), or who has reached their limit of
   * strangers.
   */
  async #admit(callerId: string, userIds: string[]): Promise<Set<string>> {
    if (userIds.length === 0) return new Set();
    const admissions = await this.options.gate.admit(callerId, userIds, "addToGroups");
    for (const admission of admissions) requireAdded(admission);
    const strangers = admissions.filter((one) => one.way === "added" && one.stranger);
    return new Set(strangers.map(({ userId }) => userId));
  }

  #edit(
    draft: ChatDraft,
    caller: Caller,
    input: Submission,
    { effect, registered, welcomes, strangers }: Admitted,
  ): Committed | Promise<Committed> {
    const callerId = caller.userId;
    const member = draft.member(callerId);
    if (!member) throw notFound("chat", input.chatId);
    if (!isCurrent(draft.chat, input)) return this.#overtaken(draft, callerId, input);
    if (input.restarts) requireMayRestart(draft.chat, member);
    const leaving = checkMembership(draft, callerId, effect, input, registered);
    const members = draft.chat.memberCount + input.addUserIds.length - leaving.length;
    assertGroupSize(members, this.options.limits.groupMembers);
    const now = this.options.clock.now();
    const { commit: message, clientId, groupInfo, restarts } = input;
    const insert = () =>
      draft.insertHandshake({
        handshake: { senderId: callerId, clientId, message, createdAt: now },
        groupInfo,
        welcomes,
        restarts,
      });
    // A frozen chat permits to remove members and devices, so that former members lose the keys.
    const isRemoval = !restarts && effect.added.length === 0 && effect.removed.length > 0;
    const { rev, generation, epoch } = isRemoval ? draft.despiteFreeze(insert) : insert();
    const origin = { actorId: callerId, visitor: caller };
    if (restarts) draft.record(origin, { action: "encryption.restarted" });
    for (const member of leaving) {
      draft.updateMember(member, { leftAt: now, role: "member" });
      draft.record(origin, { action: "member.removed", userId: member.userId });
    }
    for (const userId of input.addUserIds) {
      const addedByStranger = strangers.has(userId);
      draft.addMember({ userId, role: "member", joinedAt: now, addedByStranger });
      draft.record(origin, { action: "member.added", userId });
    }
    return { rev, generation, epoch: epoch + 1, repeated: false };
  }

  /** Handles a Commit whose epoch has passed: it may have been accepted by an earlier attempt. */
  async #overtaken(draft: ChatDraft, callerId: string, input: Submission): Promise<Committed> {
    const repeated = await this.#repeatOf(callerId, input);
    if (repeated) return repeated;
    throw staleEpoch(input, draft.chat);
  }

  async #repeatOf(callerId: string, input: Submission): Promise<Committed | null> {
    const { chatId, generation, epoch, clientId } = input;
    const made = await this.options.store.handshakes.byEpoch(chatId, generation, epoch);
    if (made?.senderId !== callerId || made.clientId !== clientId) return null;
    return { rev: made.rev, generation, epoch: made.epoch + 1, repeated: true };
  }

  async #groupInfoBefore(input: Submission) {
    if (input.epoch === 0) return undefined;
    const stored = await this.options.store.handshakes.groupInfo(input.chatId);
    const isBefore = stored?.epoch === input.epoch && stored.generation === input.generation;
    if (!isBefore) throw staleEpoch(input, stored ?? { generation: 0, epoch: 0 });
    return parseGroupInfo(fromBase64Url(stored.groupInfo));
  }

  async #encryptedChat(callerId: string, chatId: string): Promise<Chat> {
    await this.options.access.requireMember(chatId, callerId);
    const chat = await this.options.store.chats.byId(chatId);
    if (!chat) throw notFound("chat", chatId);
    if (chat.encrypted) return chat;
    throw new AppError("conflict", "Cannot get the MLS group: the chat is not encrypted");
  }

  #checkSizes({ commit, groupInfo, welcome }: CommitInput | RestartInput): void {
    const max = this.options.limits.commitBytes;
    const sizes = { commit, groupInfo, "welcome.message": welcome?.message ?? "" };
    for (const [field, text] of Object.entries(sizes)) {
      if (base64UrlBytes(text) <= max) continue;
      const message = `Cannot commit: ${field} has more than ${max} bytes`;
      throw fieldError("invalid_request", field, message);
    }
  }
}

function requireAdded(admission: Admission): void {
  if (admission.way === "refused") throw admission.error;
  if (admission.way === "added") return;
  const name = quote(admission.userId);
  const message = `Cannot add ${name} to the group: they must be invited and accept first`;
  throw fieldError("forbidden", "addUserIds", message);
}

/** Handshakes must be public messages here; `commit_check.ts` gives the reason. */
function parseCommit({ chatId, generation, epoch, commit }: Submission): PublicMessage {
  const message = parseFramedMessage(fromBase64Url(commit));
  if (message.wireFormat !== "public_message") {
    throw malformed("message.wire_format", "a Commit has to be an mls_public_message here");
  }
  if (message.chatId !== chatId) throw malformed("group_id", "it is not the chat's");
  if (message.generation !== generation) {
    throw staleEpoch({ generation: message.generation, epoch }, { generation, epoch });
  }
  if (message.epoch !== BigInt(epoch)) {
    throw malformed("epoch", `${message.epoch} is not ${epoch}, which the request names`);
  }
  return message;
}
