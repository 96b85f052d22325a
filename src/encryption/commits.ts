import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatDraft } from "../chats/chat_draft.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { Admission, ContactGate } from "../chats/contact_gate.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound, quote } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { timeSlices } from "../core/time_slices.ts";
import type { Caller } from "../model/caller.ts";
import type { Chat } from "../model/chat.ts";
import type { Handshake, StoredGroupInfo, StoredWelcome } from "../model/handshake.ts";
import { assertGroupSize } from "../model/membership.ts";
import type { Store } from "../store/store.ts";
import { base64UrlBytes, fromBase64Url } from "./base64url.ts";
import { checkDevices, checkMembership, checkWelcome, type WelcomeClaim } from "./commit_rules.ts";
import { checkCommit, type CommitEffect } from "./mls/commit_check.ts";
import { parseGroupInfo } from "./mls/group_info.ts";
import { parseFramedMessage, type PublicMessage } from "./mls/mls_message.ts";
import { malformed } from "./mls/tls_reader.ts";
import type { EncryptionNotices } from "./notices.ts";

export interface CommitInput {
  chatId: string;
  /** The epoch that the Commit is for. */
  epoch: number;
  commit: string;
  groupInfo: string;
  welcome?: WelcomeClaim;
  addUserIds: string[];
  removeUserIds: string[];
  clientId: string;
}

export interface Committed {
  rev: number;
  /** The epoch that the Commit began. */
  epoch: number;
  repeated: boolean;
}

/** What was found out about a Commit before it is held against the chat. */
interface Checked {
  effect: CommitEffect;
  /** Of the devices in the effect: those that are registered. */
  registered: ReadonlySet<string>;
  welcomes: Omit<StoredWelcome, "chatId" | "rev" | "epoch">[];
}

/** As `Checked`, with those among the people to be added who do not know the caller. */
type Admitted = Checked & { strangers: ReadonlySet<string> };

/**
 * The order of Commits, which is all that MLS needs of a server (RFC 9420, section 14): one for each
 * epoch. Everything that takes long is checked before; in the edit that takes the revision, the
 * epoch is looked at again, so a Commit that was overtaken meanwhile is `stale_epoch`, and who is a
 * member changes in the same transaction.
 */
export class Commits {
  constructor(
    private readonly store: Store,
    private readonly writer: ChatWriter,
    private readonly access: ChatAccess,
    private readonly gate: Pick<ContactGate, "admit">,
    private readonly notices: EncryptionNotices,
    private readonly clock: Clock,
    private readonly limits: { commitBytes: number; groupMembers: number },
  ) {}

  async commit(caller: Caller, input: CommitInput): Promise<Committed> {
    const callerId = caller.userId;
    this.#checkSizes(input);
    const chat = await this.#encryptedChat(callerId, input.chatId);
    const repeated = await this.#repeatOf(callerId, input);
    if (repeated) return repeated;
    if (chat.epoch !== input.epoch) throw staleEpoch(input.epoch, chat.epoch!);
    const checked = await this.#check(callerId, input);
    const strangers = await this.#admit(callerId, input.addUserIds);
    const committed = await this.writer.write(
      input.chatId,
      (draft) => this.#edit(draft, caller, input, { ...checked, strangers }),
    );
    if (!committed.repeated) {
      const { chatId } = input;
      this.notices.welcomes(checked.welcomes.map((welcome) => ({ ...welcome, chatId })));
    }
    return committed;
  }

  /** In order of revision. */
  async list(
    callerId: string,
    chatId: string,
    after: number,
    limit: number,
  ): Promise<{ items: Handshake[]; next: string | null }> {
    const chat = await this.#encryptedChat(callerId, chatId);
    const items = await this.store.handshakes.changed(chatId, after, chat.rev, limit);
    return { items, next: items.length < limit ? null : String(items.at(-1)!.rev) };
  }

  async groupInfo(callerId: string, chatId: string): Promise<StoredGroupInfo> {
    await this.#encryptedChat(callerId, chatId);
    const found = await this.store.handshakes.groupInfo(chatId);
    if (!found) throw notFound("group info of chat", chatId);
    return found;
  }

  async #check(callerId: string, input: CommitInput): Promise<Checked> {
    const pause = timeSlices();
    const message = parseCommit(input);
    await pause();
    const after = parseGroupInfo(fromBase64Url(input.groupInfo));
    await pause();
    const before = await this.#groupInfoBefore(input);
    await pause();
    const effect = await checkCommit(message, after, before, this.clock.now());
    const concerned = [effect.committer, ...effect.added, ...effect.removed];
    const devices = await this.store.devices.byIds(concerned.map(({ deviceId }) => deviceId));
    checkDevices(callerId, effect, devices);
    await checkWelcome(effect, input.welcome);
    const owners = new Map(effect.added.map(({ deviceId, userId }) => [deviceId, userId]));
    const welcomes = (input.welcome?.deviceIds ?? []).map((deviceId) => ({
      id: newId(),
      userId: owners.get(deviceId)!,
      deviceId,
      message: input.welcome!.message,
      createdAt: this.clock.now(),
    }));
    return { effect, registered: new Set(devices.map(({ id }) => id)), welcomes };
  }

  /**
   * Returns the strangers among them. A Commit adds all of these people or none: throws for the first who
   * has to be asked first (by `group.invite`), or whom too many strangers reach.
   */
  async #admit(callerId: string, userIds: string[]): Promise<Set<string>> {
    if (userIds.length === 0) return new Set();
    const admissions = await this.gate.admit(callerId, userIds, "addToGroups");
    for (const admission of admissions) requireAdded(admission);
    const strangers = admissions.filter((one) => one.way === "added" && one.stranger);
    return new Set(strangers.map(({ userId }) => userId));
  }

  #edit(
    draft: ChatDraft,
    caller: Caller,
    input: CommitInput,
    { effect, registered, welcomes, strangers }: Admitted,
  ): Committed | Promise<Committed> {
    const callerId = caller.userId;
    if (!draft.member(callerId)) throw notFound("chat", input.chatId);
    if (draft.chat.epoch !== input.epoch) return this.#overtaken(draft, callerId, input);
    const leaving = checkMembership(draft, callerId, effect, input, registered);
    const members = draft.chat.memberCount + input.addUserIds.length - leaving.length;
    assertGroupSize(members, this.limits.groupMembers);
    const now = this.clock.now();
    const { commit: message, clientId, groupInfo } = input;
    const { rev, epoch } = draft.insertHandshake({
      handshake: { senderId: callerId, clientId, message, createdAt: now },
      groupInfo,
      welcomes,
    });
    const origin = { actorId: callerId, visitor: caller };
    for (const member of leaving) {
      draft.updateMember(member, { leftAt: now, role: "member" });
      draft.record(origin, { action: "member.removed", userId: member.userId });
    }
    for (const userId of input.addUserIds) {
      const addedByStranger = strangers.has(userId);
      draft.addMember({ userId, role: "member", joinedAt: now, addedByStranger });
      draft.record(origin, { action: "member.added", userId });
    }
    return { rev, epoch: epoch + 1, repeated: false };
  }

  /** By the first try of the same Commit, perhaps. */
  async #overtaken(draft: ChatDraft, callerId: string, input: CommitInput): Promise<Committed> {
    const repeated = await this.#repeatOf(callerId, input);
    if (repeated) return repeated;
    throw staleEpoch(input.epoch, draft.chat.epoch!);
  }

  async #repeatOf(callerId: string, input: CommitInput): Promise<Committed | null> {
    const made = await this.store.handshakes.byEpoch(input.chatId, input.epoch);
    if (made?.senderId !== callerId || made.clientId !== input.clientId) return null;
    return { rev: made.rev, epoch: made.epoch + 1, repeated: true };
  }

  async #groupInfoBefore({ chatId, epoch }: CommitInput) {
    if (epoch === 0) return undefined;
    const stored = await this.store.handshakes.groupInfo(chatId);
    if (stored?.epoch !== epoch) throw staleEpoch(epoch, stored?.epoch ?? 0);
    return parseGroupInfo(fromBase64Url(stored.groupInfo));
  }

  async #encryptedChat(callerId: string, chatId: string): Promise<Chat> {
    await this.access.requireMember(chatId, callerId);
    const chat = await this.store.chats.byId(chatId);
    if (!chat) throw notFound("chat", chatId);
    if (chat.encrypted) return chat;
    throw new AppError("conflict", "Asking for the MLS group: the chat is not encrypted");
  }

  #checkSizes({ commit, groupInfo, welcome }: CommitInput): void {
    const most = this.limits.commitBytes;
    const sizes = { commit, groupInfo, "welcome.message": welcome?.message ?? "" };
    for (const [field, text] of Object.entries(sizes)) {
      if (base64UrlBytes(text) <= most) continue;
      const about = `Committing: ${field} has more than ${most} bytes`;
      throw fieldError("invalid_request", field, about);
    }
  }
}

function requireAdded(admission: Admission): void {
  if (admission.way === "refused") throw admission.error;
  if (admission.way === "added") return;
  const name = quote(admission.userId);
  const message = `Cannot add ${name} to the group: they have to be invited and accept first`;
  throw fieldError("forbidden", "addUserIds", message);
}

/** Handshakes are public messages here: `commit_check.ts` says why. */
function parseCommit({ chatId, epoch, commit }: CommitInput): PublicMessage {
  const message = parseFramedMessage(fromBase64Url(commit));
  if (message.wireFormat !== "public_message") {
    throw malformed("message.wire_format", "a Commit has to be an mls_public_message here");
  }
  if (message.chatId !== chatId) throw malformed("group_id", "it is not the chat's");
  if (message.epoch !== BigInt(epoch)) {
    throw malformed("epoch", `${message.epoch} is not ${epoch}, which the request names`);
  }
  return message;
}

function staleEpoch(epoch: number, current: number): AppError {
  const about = `Committing: epoch ${epoch} is not the chat's, which is ${current}`;
  return new AppError("stale_epoch", about);
}
