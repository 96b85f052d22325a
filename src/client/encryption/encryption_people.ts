import type { MessageView } from "../../api/views/message.ts";
import type { Bytes } from "../mls/encoding.ts";
import type { Member } from "../mls/suite.ts";
import type { View } from "../view.ts";
import { ChatGroups } from "./chat_groups.ts";
import type { EncryptionContext } from "./context.ts";
import { HistoryBackup } from "./history_backup.ts";
import { KnownKeys } from "./known_keys.ts";
import { Plaintexts } from "./plaintexts.ts";
import { Timeline } from "./timeline.ts";
import { type PersonTrust, TrustViews } from "./trust.ts";
import { Verification } from "./verification.ts";

/**
 * The parts of `Encryption`, and what it knows of the users of its chats: keys, and their trust.
 */
export abstract class EncryptionPeople {
  /** The backup of what this device has read, for the user's next device. */
  readonly history: HistoryBackup;
  /** @internal */
  protected readonly context: EncryptionContext;
  /** @internal */
  protected readonly onFault: (error: unknown) => void;
  /** @internal */
  protected readonly timeline: Timeline;
  /** @internal */
  protected readonly plaintexts: Plaintexts;
  /** @internal */
  protected readonly groups: ChatGroups;
  /** @internal */
  protected readonly knownKeys: KnownKeys;
  /** @internal */
  protected readonly verification: Verification;
  readonly #trust: TrustViews;

  /** @internal */
  protected constructor(context: EncryptionContext, onFault: (error: unknown) => void) {
    this.context = context;
    this.onFault = onFault;
    this.#trust = new TrustViews((chatId) => this.#readTrust(chatId), onFault);
    this.history = new HistoryBackup(context, { onFault, onRestored: () => this.#showRestored() });
    this.timeline = new Timeline(context.model);
    this.plaintexts = new Plaintexts(context, (name) => this.history.marksOf(name));
    this.verification = new Verification(context);
    this.knownKeys = new KnownKeys(context, this.verification, (chatId) => {
      if (chatId === undefined) this.#trust.refreshAll();
      else this.#trust.refresh(chatId);
    });
    const { plaintexts, timeline, knownKeys } = this;
    this.groups = new ChatGroups({ context, plaintexts, timeline, knownKeys, onFault });
  }

  /**
   * Returns the trust in each user with a device in the chat, as a view that follows all changes of
   * keys; empty until it was read.
   *
   * ```ts ignore
   * const trust = client.encryption.trust(chatId);
   * const unsubscribe = trust.subscribe(() => {
   *   for (const { userId, hasChangedKeys, wasVerified } of trust.getSnapshot()) {
   *     if (hasChangedKeys) console.log(userId, "has new keys", wasVerified ? "(verified before)" : "");
   *   }
   * });
   * unsubscribe();
   * ```
   */
  trust(chatId: string): View<readonly PersonTrust[]> {
    return this.#trust.of(chatId);
  }

  /**
   * Returns the members of the group with their keys.
   *
   * ```ts ignore
   * const devices = await client.encryption.roster(chatId);
   * assert.equal(new Set(devices.map(({ userId }) => userId)).size, 2);
   * ```
   */
  roster(chatId: string): Promise<Member[]> {
    return this.groups.withGroup(chatId, (group) => group.roster());
  }

  /**
   * Returns 60 digits that the other user sees too if no one intercepts the keys; compare them over
   * another channel. Throws `not_found` if the user has no device in the chat.
   *
   * ```ts ignore
   * const number = await client.encryption.safetyNumber(chatId, friend.userId);
   * assert.match(number, /^\d{60}$/);
   * ```
   */
  safetyNumber(chatId: string, userId: string): Promise<string> {
    return this.groups.withGroup(chatId, (group) => {
      return this.verification.number(group.roster(), userId);
    });
  }

  /**
   * Marks a user as verified, after the caller has compared `number` with theirs. Throws `conflict`
   * if it is no longer the safety number: then keys have changed since it was shown.
   *
   * ```ts ignore
   * const number = await client.encryption.safetyNumber(chatId, friend.userId);
   * // Both have compared it, over another channel.
   * await client.encryption.markVerified(chatId, friend.userId, number);
   * assert.equal(await client.encryption.isVerified(chatId, friend.userId), true);
   * ```
   */
  async markVerified(chatId: string, userId: string, number: string): Promise<void> {
    await this.groups.withGroup(chatId, (group) => {
      return this.verification.mark(group.roster(), userId, number);
    });
    await this.knownKeys.acknowledge(userId);
  }

  /**
   * True if all keys of both users in this chat were compared. A new device ends it.
   *
   * ```ts ignore
   * if (!await client.encryption.isVerified(chatId, friend.userId)) {
   *   console.log("Compare the safety number");
   * }
   * ```
   */
  isVerified(chatId: string, userId: string): Promise<boolean> {
    return this.groups.withGroup(chatId, (group) => {
      return this.verification.holds(group.roster(), userId);
    });
  }

  /**
   * True if there are new keys of this user that were neither compared nor acknowledged.
   *
   * ```ts ignore
   * if (await client.encryption.hasChangedKeys(friend.userId)) {
   *   await client.encryption.acknowledgeKeys(friend.userId);
   * }
   * ```
   */
  hasChangedKeys(userId: string): Promise<boolean> {
    return this.knownKeys.hasChanged(userId);
  }

  /**
   * Acknowledges the new keys, so that there are no further warnings. It does not confirm that they
   * are right.
   *
   * ```ts ignore
   * await client.encryption.acknowledgeKeys(friend.userId);
   * assert.equal(await client.encryption.hasChangedKeys(friend.userId), false);
   * ```
   */
  acknowledgeKeys(userId: string): Promise<void> {
    return this.knownKeys.acknowledge(userId);
  }

  /**
   * Returns an encrypted backup of the keys and texts of this device; `createBackup` explains where
   * it may be restored.
   *
   * ```ts ignore
   * import { generateRecoveryKey } from "realtimechat-client/encryption";
   *
   * const recoveryKey = generateRecoveryKey();
   * const backup = await client.encryption.backup(recoveryKey);
   * assert.ok(backup.length > 0);
   * ```
   */
  async backup(recoveryKey: Bytes): Promise<Bytes> {
    // Loaded when it is first needed.
    const { createBackup } = await import("../mls/key_backup.ts");
    return await createBackup(this.context.store, recoveryKey);
  }

  /**
   * Restores earlier decrypted content in the model's rows.
   * @internal
   */
  async showKnown(chatId: string, states: readonly string[] = ["waiting"]): Promise<void> {
    for (const message of this.context.model.messagesOf(chatId)) {
      if (message.kind !== "encrypted" || message.seq === 0) continue;
      if (message.encrypted && !states.includes(message.encrypted.state)) continue;
      const known = await this.plaintexts.known(message);
      if (known) this.timeline.show(message, known);
      else await this.#markUnread(message);
    }
  }

  /**
   * Marks a message without content: it was sent before this device joined, or has not been
   * processed yet.
   */
  async #markUnread({ chatId, id, seq }: MessageView): Promise<void> {
    const taken = await this.groups.takenUpTo(chatId);
    if (taken === 0) return;
    const state = seq <= taken ? "before_join" as const : "waiting" as const;
    this.context.model.patchMessage(chatId, id, { encrypted: { state, files: [], isShown: true } });
  }

  async #showRestored(): Promise<void> {
    for (const chatId of this.context.model.chats.keys()) {
      await this.showKnown(chatId, ["waiting", "before_join"]);
    }
  }

  async #readTrust(chatId: string): Promise<PersonTrust[]> {
    const chat = this.context.model.chat(chatId)?.chat;
    if (!chat?.encrypted || !chat.epoch || !this.context.lock.isHeld) return [];
    const roster = await this.roster(chatId);
    const userIds = [...new Set(roster.map((member) => member.userId))];
    return await Promise.all(userIds.map((userId) => this.#trustIn(roster, userId)));
  }

  async #trustIn(roster: Member[], userId: string): Promise<PersonTrust> {
    const isOther = userId !== this.context.userId;
    return {
      userId,
      devices: roster.filter((member) => member.userId === userId).length,
      isVerified: isOther && await this.verification.holds(roster, userId),
      wasVerified: isOther && await this.verification.wasMarked(userId),
      hasChangedKeys: await this.knownKeys.hasChanged(userId),
    };
  }
}
