import type { ChangesView } from "../../api/views/changes.ts";
import type { ChatView } from "../../api/views/chat.ts";
import type { MessageView } from "../../api/views/message.ts";
import { ChatError } from "../chat_error.ts";
import type { Call } from "../call.ts";
import type { KeyStore } from "../mls/key_store.ts";
import type { MessageContent } from "../mls/message_content.ts";
import { MlsDevice } from "../mls/mls_device.ts";
import type { Model } from "../model.ts";
import type { Output } from "../rest.ts";
import type { EncryptionContext } from "./context.ts";
import { DeviceLock } from "./device_lock.ts";
import { registeredDevice } from "./device_registration.ts";
import { EncryptionPeople } from "./encryption_people.ts";
import { encryptionStore } from "./encryption_storage.ts";
import { KeyPackageExchange } from "./key_package_exchange.ts";
import { StaleLeaves } from "./stale_leaves.ts";

/** Keys are renewed this long before they expire. */
const RENEW_BEFORE_MS = 14 * 24 * 3_600_000;

export interface EncryptionHost {
  call: Call;
  userId: string;
  model: Model;
  storage: KeyStore;
  /** Seals everything written to `storage`; only a storage in memory may go without one. */
  deviceKey?: CryptoKey;
  emit: EncryptionContext["emit"];
  onFault(error: unknown): void;
}

/**
 * Encrypted chats, as one device of one user takes part in them.
 *
 * ```ts ignore
 * const chat = await client.encryption.createDirect(friend.userId);
 * await client.send(chat.id, { text: "Only we can read this" });
 * ```
 */
export class Encryption extends EncryptionPeople {
  readonly #keyPackages: KeyPackageExchange;
  readonly #staleLeaves: StaleLeaves;

  private constructor(context: EncryptionContext, onFault: (error: unknown) => void) {
    super(context, onFault);
    this.#keyPackages = new KeyPackageExchange(context);
    this.#staleLeaves = new StaleLeaves(context, this.groups, onFault);
  }

  /**
   * Registers this device of the caller on first use, and maintains its key packages.
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
      await encryption.history.load();
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
   * Called on a connection: joins and reads what waits for this device.
   * @internal
   */
  async connected(): Promise<void> {
    await this.context.lock.take();
    await this.groups.takeWelcomes();
    const encrypted = [...this.context.model.chats.values()].filter(({ chat }) => isReady(chat));
    await Promise.all(encrypted.map(({ chat }) => this.#quietly(() => this.takeUp(chat.id))));
  }

  /**
   * Joins the chat's group if necessary, reads new messages, and restores earlier decrypted
   * content.
   * @internal
   */
  async takeUp(chatId: string): Promise<void> {
    // Without the lock, `connected` is still to come, and processes all chats.
    if (!this.context.lock.isHeld) return;
    await this.groups.catchUp(chatId);
    await this.showKnown(chatId);
    await this.#renewIfDue(chatId);
    this.#staleLeaves.removeLater(chatId);
  }

  /** @internal */
  onRows(changes: ChangesView, after: number): void {
    const chat = this.context.model.chat(changes.chatId)?.chat;
    // Without the lock, `connected` is still to come, and processes everything new.
    if (!chat || !isReady(chat) || !this.context.lock.isHeld) return;
    void this.#quietly(async () => {
      await this.groups.takeRows(changes, after);
      const group = await this.context.device.group(chat.id);
      // The group was created, or joined by another of the user's devices, and no device has added
      // this one.
      if (!group?.isActive && changes.commits?.length) await this.takeUp(chat.id);
    });
    if (changes.members.some(({ leftAt }) => leftAt !== null)) {
      this.#staleLeaves.removeLater(changes.chatId);
    }
  }

  /** @internal */
  onLeft(chatId: string): void {
    void this.#quietly(async () => {
      // This may come in the hello reply, before `connected`.
      await this.context.lock.take();
      await this.groups.forget(chatId);
    });
  }

  /** @internal */
  onWelcome(deviceId: string): void {
    if (deviceId === this.deviceId) void this.#quietly(() => this.groups.takeWelcomes());
  }

  /** @internal */
  onKeyPackagesLow(deviceId: string): void {
    if (deviceId === this.deviceId) void this.#quietly(() => this.#keyPackages.topUp());
  }

  /** @internal */
  onDevice({ change, device }: { change: "added" | "removed"; device: { id: string } }): void {
    if (change === "added") return;
    if (device.id === this.deviceId) {
      return this.context.emit("encryption.deviceRemoved", { deviceId: device.id });
    }
    for (const { chat } of this.context.model.chats.values()) {
      if (isReady(chat)) this.#staleLeaves.removeLater(chat.id);
    }
  }

  /**
   * Opens the encrypted direct chat with a person; creates it the first time.
   *
   * ```ts ignore
   * const chat = await client.encryption.createDirect(friend.userId);
   * assert.equal(chat.encrypted, true);
   * ```
   */
  async createDirect(userId: string): Promise<ChatView> {
    const asked = { userId, encrypted: true };
    const chat = this.#put(await this.context.call("chat.open", asked));
    if (chat.epoch === 0) {
      // Users without a device join by themselves, once they have one.
      const theirs = await this.#keyPackages.claimOf(userId);
      const add = [...theirs, ...await this.#keyPackages.claimOwn()];
      await this.groups.create(chat.id, { add }, []);
    } else await this.groups.catchUp(chat.id);
    return chat;
  }

  /**
   * Creates a group of these users: with all of their devices, and the caller's.
   *
   * ```ts ignore
   * const chat = await client.encryption.createGroup("Friends", [friend.userId]);
   * await client.send(chat.id, { text: "Hello, everyone" });
   * ```
   */
  async createGroup(name: string, userIds: string[]): Promise<ChatView> {
    const theirs = await this.#keyPackages.claim(userIds);
    const add = [...theirs, ...await this.#keyPackages.claimOwn()];
    const group = { name, encrypted: true };
    const chat = this.#put(await this.context.call("group.create", group));
    await this.groups.create(chat.id, { add }, userIds);
    return chat;
  }

  /**
   * Adds people to a group, with all of their devices.
   *
   * ```ts ignore
   * const { id } = await client.encryption.createGroup("Friends", []);
   * await client.encryption.addPeople(id, [friend.userId]);
   * ```
   */
  async addPeople(chatId: string, userIds: string[]): Promise<void> {
    const add = await this.#keyPackages.claim(userIds);
    await this.groups.change(chatId, () => ({ add }), userIds);
  }

  /**
   * Removes people from a group, whose keys change with it.
   *
   * ```ts ignore
   * const { id } = await client.encryption.createGroup("Friends", [friend.userId]);
   * await client.encryption.removePeople(id, [friend.userId]);
   * ```
   */
  async removePeople(chatId: string, userIds: string[]): Promise<void> {
    await this.groups.change(chatId, () => ({ removeUserIds: userIds }), [], userIds);
  }

  /**
   * Returns the time at which this device's leaf in the group expires, unless its keys are renewed
   * before; null if it does not expire. The library renews keys by itself in the last two weeks,
   * whenever it processes the chat.
   *
   * ```ts ignore
   * const expiresAt = await client.encryption.keysExpireAt(chatId);
   * assert.ok(expiresAt === null || expiresAt > new Date());
   * ```
   */
  keysExpireAt(chatId: string): Promise<Date | null> {
    return this.groups.withGroup(chatId, ({ leafExpiresAt }) => {
      return leafExpiresAt === null ? null : new Date(leafExpiresAt);
    });
  }

  /**
   * Renews this device's keys in the group: keys that leaked before are useless afterward.
   *
   * ```ts ignore
   * await client.encryption.renewKeys(chatId);
   * ```
   */
  async renewKeys(chatId: string): Promise<void> {
    await this.groups.change(chatId, () => ({}));
  }

  /**
   * Restarts the chat's group, with all devices of its members: for a group in which Commits are
   * refused, or that this device can no longer join. In a direct chat both members may do it, in a
   * group the owner and admins. The others receive `encryption.restarted`.
   *
   * ```ts ignore
   * const { id } = await client.encryption.createDirect(friend.userId);
   * await client.encryption.restart(id);
   * await client.send(id, { text: "With new keys" });
   * ```
   */
  async restart(chatId: string): Promise<void> {
    const { items } = await this.context.call("device.ofChat", { chatId });
    const { userId } = this.context;
    const others = new Set(items.map((device) => device.userId).filter((id) => id !== userId));
    const theirs = await this.#keyPackages.claimAvailable([...others]);
    await this.groups.restart(chatId, [...theirs, ...await this.#keyPackages.claimOwn()]);
  }

  /** @internal */
  send(chatId: string, content: MessageContent): Promise<MessageView> {
    const mediaIds = content.kind === "message" ? content.files?.map((each) => each.mediaId) : [];
    return this.groups.send(chatId, content, mediaIds);
  }

  /**
   * True if this device was ever in the chat's group: then the chat is encrypted, whatever the
   * server says.
   * @internal
   */
  async hasGroup(chatId: string): Promise<boolean> {
    return await this.context.device.group(chatId) !== undefined;
  }

  /**
   * Returns the identity of an encrypted message within the encryption.
   * @internal
   */
  targetOf(chatId: string, messageId: string): { senderId: string; clientId: string } {
    const message = this.context.model.chat(chatId)?.messages.get(messageId);
    if (!message) throw new ChatError("not_found", `There is no message ${messageId} here`);
    return { senderId: message.senderId, clientId: message.clientId };
  }

  /**
   * Resolves once work in progress is done; from then on another tab may be this device.
   * @internal
   */
  async close(): Promise<void> {
    this.#staleLeaves.close();
    await this.groups.idle();
    await this.history.close();
    this.context.lock.release();
  }

  /** The chat is on the screen before its events arrive. */
  #put({ members, ...chat }: Output<"chat.open"> | Output<"group.create">): ChatView {
    this.context.model.putChat(chat);
    this.context.model.putMembers(chat.id, members);
    return chat;
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
      this.onFault(error);
    }
  }
}

/** True for an encrypted chat with a group. */
function isReady(chat: ChatView): boolean {
  return chat.encrypted && (chat.epoch ?? 0) > 0;
}
