import type { ChangesView } from "../../api/views/changes.ts";
import type { ChatView } from "../../api/views/chat.ts";
import type { MessageView } from "../../api/views/message.ts";
import { ChatError } from "../chat_error.ts";
import type { Call } from "../call.ts";
import type { Bytes } from "../mls/encoding.ts";
import { createBackup } from "../mls/key_backup.ts";
import type { KeyStore } from "../mls/key_store.ts";
import type { MessageContent } from "../mls/message_content.ts";
import { MlsDevice } from "../mls/mls_device.ts";
import type { Member } from "../mls/suite.ts";
import type { Model } from "../model.ts";
import { ChatGroups } from "./chat_groups.ts";
import type { EncryptionContext } from "./context.ts";
import { DeviceLock } from "./device_lock.ts";
import { registeredDevice } from "./device_registration.ts";
import { encryptionStore } from "./encryption_storage.ts";
import { KeyPackageExchange } from "./key_package_exchange.ts";
import { KnownKeys } from "./known_keys.ts";
import { Plaintexts } from "./plaintexts.ts";
import { StaleLeaves } from "./stale_leaves.ts";
import { Timeline } from "./timeline.ts";
import { Verification } from "./verification.ts";

/** Keys that expire are renewed so long before. */
const RENEW_BEFORE_MS = 14 * 24 * 3_600_000;

export interface EncryptionHost {
  call: Call;
  userId: string;
  model: Model;
  storage: KeyStore;
  /** Seals what is written to `storage`; without one, it is for a storage in memory only. */
  deviceKey?: CryptoKey;
  emit: EncryptionContext["emit"];
  onFault(error: unknown): void;
}

/** Encrypted chats, as one device of one person takes part in them. */
export class Encryption {
  readonly #groups: ChatGroups;
  readonly #timeline: Timeline;
  readonly #plaintexts: Plaintexts;
  readonly #knownKeys: KnownKeys;
  readonly #verification: Verification;
  readonly #keyPackages: KeyPackageExchange;
  readonly #staleLeaves: StaleLeaves;
  #isClosed = false;

  private constructor(
    private readonly context: EncryptionContext,
    private readonly onFault: (error: unknown) => void,
  ) {
    this.#timeline = new Timeline(context.model);
    this.#plaintexts = new Plaintexts(context);
    this.#verification = new Verification(context);
    this.#knownKeys = new KnownKeys(context, this.#verification);
    this.#groups = new ChatGroups(
      context,
      this.#plaintexts,
      this.#timeline,
      this.#knownKeys,
      onFault,
    );
    this.#keyPackages = new KeyPackageExchange(context);
    this.#staleLeaves = new StaleLeaves(context, this.#groups, onFault);
  }

  /**
   * Makes this a device of the caller's, on first use, and sees to its key packages.
   * @internal
   */
  static async open(host: EncryptionHost, deviceName: string): Promise<Encryption> {
    const { userId } = host;
    const store = encryptionStore(host);
    const deviceId = await registeredDevice({ ...host, store }, deviceName);
    const lock = new DeviceLock(`realtimechat device ${deviceId}`);
    await lock.take();
    try {
      const device = await MlsDevice.open(store, { userId, deviceId });
      const encryption = new Encryption({ ...host, store, device, lock }, host.onFault);
      await encryption.#keyPackages.topUp();
      return encryption;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  get deviceId(): string {
    return this.context.device.deviceId;
  }

  /**
   * There is a connection again: what waits for this device is taken.
   * @internal
   */
  async connected(): Promise<void> {
    this.#isClosed = false;
    await this.context.lock.take();
    await this.#groups.takeWelcomes();
    const encrypted = [...this.context.model.chats.values()].filter(({ chat }) => isReady(chat));
    await Promise.all(encrypted.map(({ chat }) => this.#quietly(() => this.takeUp(chat.id))));
  }

  /**
   * Joins the chat's group if need be, reads what is new, and shows what was read before.
   * @internal
   */
  async takeUp(chatId: string): Promise<void> {
    // Without the lock `connected` is still to come, which takes all chats up.
    if (!this.context.lock.isHeld) return;
    try {
      await this.#groups.catchUp(chatId);
      await this.showKnown(chatId);
      await this.#renewIfDue(chatId);
      this.#staleLeaves.removeLater(chatId);
    } catch (error) {
      // What closing has cut off is done by the next connection.
      if (!this.#isClosed) throw error;
    }
  }

  /** @internal */
  onRows(changes: ChangesView, after: number): void {
    const chat = this.context.model.chat(changes.chatId)?.chat;
    // Without the lock `connected` is still to come, which takes all that is new.
    if (!chat || !isReady(chat) || !this.context.lock.isHeld) return;
    void this.#quietly(async () => {
      await this.#groups.takeRows(changes, after);
      const group = await this.context.device.group(chat.id);
      // The group was made, or joined by another device of ours, and nobody has let this one in.
      if (!group?.isActive && changes.commits?.length) await this.takeUp(chat.id);
    });
    if (changes.members.some(({ leftAt }) => leftAt !== null)) {
      this.#staleLeaves.removeLater(changes.chatId);
    }
  }

  /** @internal */
  onLeft(chatId: string): void {
    void this.#quietly(async () => {
      // It may be heard in the answer to hello, before `connected`.
      await this.context.lock.take();
      await this.#groups.forget(chatId);
    });
  }

  /** @internal */
  onWelcome(deviceId: string): void {
    if (deviceId === this.deviceId) void this.#quietly(() => this.#groups.takeWelcomes());
  }

  /** @internal */
  onKeyPackagesLow(deviceId: string): void {
    if (deviceId === this.deviceId) void this.#quietly(() => this.#keyPackages.topUp());
  }

  /** @internal */
  onDevice(change: "added" | "removed"): void {
    if (change === "added") return;
    for (const { chat } of this.context.model.chats.values()) {
      if (isReady(chat)) this.#staleLeaves.removeLater(chat.id);
    }
  }

  async createDirect(userId: string): Promise<ChatView> {
    const asked = { userId, encrypted: true };
    const { members: _, ...chat } = await this.context.call("chat.open", asked);
    if (chat.epoch === 0) {
      // Without a device they join by themselves, once they have one.
      const theirs = await this.#keyPackages.claimOf(userId);
      const add = [...theirs, ...await this.#keyPackages.claimOwn()];
      await this.#groups.create(chat.id, { add }, []);
    } else await this.#groups.catchUp(chat.id);
    return chat;
  }

  /** A group of these people: all of their devices, and one's own. */
  async createGroup(name: string, userIds: string[]): Promise<ChatView> {
    const theirs = await this.#keyPackages.claim(userIds);
    const add = [...theirs, ...await this.#keyPackages.claimOwn()];
    const group = { name, encrypted: true };
    const { members: _, ...chat } = await this.context.call("group.create", group);
    await this.#groups.create(chat.id, { add }, userIds);
    return chat;
  }

  async addPeople(chatId: string, userIds: string[]): Promise<void> {
    const add = await this.#keyPackages.claim(userIds);
    await this.#groups.change(chatId, () => ({ add }), userIds);
  }

  async removePeople(chatId: string, userIds: string[]): Promise<void> {
    await this.#groups.change(chatId, () => ({ removeUserIds: userIds }), [], userIds);
  }

  /**
   * When this device's leaf in the group expires, unless its keys are renewed before; null if it does
   * not. The library renews them by itself in the last two weeks, whenever it takes the chat up.
   */
  keysExpireAt(chatId: string): Promise<Date | null> {
    return this.#groups.withGroup(chatId, ({ leafExpiresAt }) => {
      return leafExpiresAt === null ? null : new Date(leafExpiresAt);
    });
  }

  /** Renews this device's keys in the group: what leaked before is of no use after. */
  async renewKeys(chatId: string): Promise<void> {
    await this.#groups.change(chatId, () => ({}));
  }

  /**
   * Begins the chat's group again, with all devices of its members: for a group in which Commits are
   * refused, or that this device can no longer join. Either may do it in a direct chat, and the owner
   * and admins in a group. The others hear `encryption.restarted`.
   */
  async restart(chatId: string): Promise<void> {
    const { items } = await this.context.call("device.ofChat", { chatId });
    const { userId } = this.context;
    const others = new Set(items.map((device) => device.userId).filter((id) => id !== userId));
    const theirs = await this.#keyPackages.claimAvailable([...others]);
    await this.#groups.restart(chatId, [...theirs, ...await this.#keyPackages.claimOwn()]);
  }

  /** @internal */
  send(chatId: string, content: MessageContent): Promise<MessageView> {
    const mediaIds = content.kind === "message" ? content.files?.map((each) => each.mediaId) : [];
    return this.#groups.send(chatId, content, mediaIds);
  }

  /**
   * Whether this device was ever in the chat's group: then it is encrypted, whoever says otherwise.
   * @internal
   */
  async hasGroup(chatId: string): Promise<boolean> {
    return await this.context.device.group(chatId) !== undefined;
  }

  /**
   * What an encrypted message is known by within the encryption.
   * @internal
   */
  targetOf(chatId: string, messageId: string): { senderId: string; clientId: string } {
    const message = this.context.model.chat(chatId)?.messages.get(messageId);
    if (!message) throw new ChatError("not_found", `There is no message ${messageId} here`);
    return { senderId: message.senderId, clientId: message.clientId };
  }

  /** Who is in the group, with which keys. */
  roster(chatId: string): Promise<Member[]> {
    return this.#groups.withGroup(chatId, (group) => group.roster());
  }

  /**
   * 60 digits that the other person sees, too, if nobody is in between; to be compared over another
   * channel. `not_found` for who has no device in the chat.
   */
  safetyNumber(chatId: string, userId: string): Promise<string> {
    return this.#groups.withGroup(chatId, (group) => {
      return this.#verification.number(group.roster(), userId);
    });
  }

  /**
   * The person has compared `number` with the other one, and it was the same. `conflict` if it is the
   * safety number no longer: then somebody's keys have changed since it was shown.
   */
  async markVerified(chatId: string, userId: string, number: string): Promise<void> {
    await this.#groups.withGroup(chatId, (group) => {
      return this.#verification.mark(group.roster(), userId, number);
    });
    await this.#knownKeys.acknowledge(userId);
  }

  /** Whether all keys that both people have in this chat were compared. A new device ends it. */
  isVerified(chatId: string, userId: string): Promise<boolean> {
    return this.#groups.withGroup(chatId, (group) => {
      return this.#verification.holds(group.roster(), userId);
    });
  }

  /** Whether there are new keys of this person that were neither compared nor acknowledged. */
  hasChangedKeys(userId: string): Promise<boolean> {
    return this.#knownKeys.hasChanged(userId);
  }

  /** The new keys were seen, and need not be warned of any more. It does not say that they are right. */
  acknowledgeKeys(userId: string): Promise<void> {
    return this.#knownKeys.acknowledge(userId);
  }

  /** Keys and texts of this device; see `createBackup` on what it may be restored to. */
  backup(recoveryKey: Bytes): Promise<Bytes> {
    return createBackup(this.context.store, recoveryKey);
  }

  /**
   * Puts what was read before into the model's rows.
   * @internal
   */
  async showKnown(chatId: string): Promise<void> {
    for (const message of this.context.model.messagesOf(chatId)) {
      if (message.kind !== "encrypted" || message.seq === 0) continue;
      if (message.encrypted && message.encrypted.state !== "waiting") continue;
      const known = await this.#plaintexts.known(message);
      if (known) this.#timeline.show(message, known);
      else await this.#markUnread(message);
    }
  }

  /**
   * Ends once what is under way is done; from then on another tab may be this device.
   * @internal
   */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#staleLeaves.close();
    await this.#groups.idle();
    this.context.lock.release();
  }

  /** Nothing is known of it: it is from before this device joined, or has not been come to yet. */
  async #markUnread({ chatId, id, seq }: MessageView): Promise<void> {
    const taken = await this.#groups.takenUpTo(chatId);
    if (taken === 0) return;
    const state = seq <= taken ? "before_join" as const : "waiting" as const;
    this.context.model.patchMessage(chatId, id, { encrypted: { state, files: [], isShown: true } });
  }

  async #renewIfDue(chatId: string): Promise<void> {
    const expiresAt = await this.keysExpireAt(chatId);
    const isDue = expiresAt !== null && expiresAt.getTime() - Date.now() < RENEW_BEFORE_MS;
    if (isDue) await this.renewKeys(chatId);
  }

  async #quietly(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!this.#isClosed) this.onFault(error);
    }
  }
}

/** A chat whose group has been made. */
function isReady(chat: ChatView): boolean {
  return chat.encrypted && (chat.epoch ?? 0) > 0;
}
