import type { DeviceView } from "../../encryption/views.ts";
import type { ChangesView } from "../../wire/changes.ts";
import type { ChatView } from "../../wire/chat.ts";
import type { MessageView } from "../../wire/message.ts";
import { ChatError } from "../chat_error.ts";
import type { Call } from "../chat_sync.ts";
import { type Bytes, fromUtf8, toBase64Url, utf8 } from "../mls/encoding.ts";
import { createBackup, restoreBackup } from "../mls/key_backup.ts";
import type { KeyStore } from "../mls/key_store.ts";
import { sealedStore } from "../mls/sealed_store.ts";
import { prefixedStore } from "../prefixed_store.ts";
import type { MessageContent } from "../mls/message_content.ts";
import { deviceSignatureKey, MlsDevice } from "../mls/mls_device.ts";
import type { MlsGroup } from "../mls/mls_group.ts";
import { personIn, safetyNumber } from "../mls/safety_number.ts";
import type { NewDevice } from "../mls/staged_commit.ts";
import type { Model } from "../model.ts";
import { ChatGroups } from "./chat_groups.ts";
import type { EncryptionContext, EncryptionEvents } from "./context.ts";
import { KnownKeys } from "./known_keys.ts";
import { Plaintexts } from "./plaintexts.ts";
import { Timeline } from "./timeline.ts";

export interface EncryptionHost {
  call: Call;
  userId: string;
  model: Model;
  /** Sealed, or kept in memory only. */
  store: KeyStore;
  emit: EncryptionContext["emit"];
  onFault(error: unknown): void;
}

const DEVICE_ID = "device/id";
/** Key packages that wait on the server, after they were topped up, and when they are. */
const FULL = 30;
const LOW = 15;
/** Who is to commit a removal waits up to so long first, so that not everybody does it at once. */
const TIDY_MS = 1_500;

/** Encrypted chats, as one device of one person takes part in them. */
export class Encryption {
  readonly #groups: ChatGroups;
  readonly #timeline: Timeline;
  readonly #plaintexts: Plaintexts;
  readonly #knownKeys: KnownKeys;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  private constructor(
    private readonly context: EncryptionContext,
    private readonly host: EncryptionHost,
  ) {
    this.#timeline = new Timeline(context.model);
    this.#plaintexts = new Plaintexts(context);
    this.#knownKeys = new KnownKeys(context);
    this.#groups = new ChatGroups(context, this.#plaintexts, this.#timeline, this.#knownKeys);
  }

  /** Makes this a device of the caller's, on first use, and sees to its key packages. */
  static async open(host: EncryptionHost, deviceName: string): Promise<Encryption> {
    const { store, userId, call } = host;
    const deviceId = await registered(host, deviceName);
    const device = await MlsDevice.open(store, { userId, deviceId });
    const encryption = new Encryption({ ...host, call, device }, host);
    await encryption.topUp();
    return encryption;
  }

  get deviceId(): string {
    return this.context.device.deviceId;
  }

  /** There is a connection again: what waits for this device is taken. */
  async connected(): Promise<void> {
    await this.#groups.takeWelcomes();
    const encrypted = [...this.context.model.chats.values()].filter(({ chat }) => isReady(chat));
    await Promise.all(encrypted.map(({ chat }) => this.#quietly(() => this.takeUp(chat.id))));
  }

  /** Joins the chat's group if need be, reads what is new, and shows what was read before. */
  async takeUp(chatId: string): Promise<void> {
    await this.#groups.catchUp(chatId);
    await this.showKnown(chatId);
    this.tidyLater(chatId);
  }

  onRows(changes: ChangesView, after: number): void {
    const chat = this.context.model.chat(changes.chatId)?.chat;
    if (!chat || !isReady(chat)) return;
    void this.#quietly(async () => {
      await this.#groups.takeRows(changes, after);
      const group = await this.context.device.group(chat.id);
      // The group was made, or joined by another device of ours, and nobody has let this one in.
      if (!group?.isActive && changes.commits?.length) await this.takeUp(chat.id);
    });
    if (changes.members.some(({ leftAt }) => leftAt !== null)) this.tidyLater(changes.chatId);
  }

  onLeft(chatId: string): void {
    void this.#quietly(() => this.#groups.forget(chatId));
  }

  onWelcome(deviceId: string): void {
    if (deviceId === this.deviceId) void this.#quietly(() => this.#groups.takeWelcomes());
  }

  onKeyPackagesLow(deviceId: string): void {
    if (deviceId === this.deviceId) void this.#quietly(() => this.topUp());
  }

  onDevice(change: "added" | "removed"): void {
    if (change === "added") return;
    for (const { chat } of this.context.model.chats.values()) {
      if (isReady(chat)) this.tidyLater(chat.id);
    }
  }

  async createDirect(userId: string): Promise<ChatView> {
    const { members: _, ...chat } = await this.host.call("chat.open", { userId, encrypted: true });
    if (chat.epoch === 0) {
      const add = [...await this.#claim(userId), ...await this.#ownOthers()];
      await this.#groups.create(chat.id, { add }, []);
    } else await this.#groups.catchUp(chat.id);
    return chat;
  }

  /** A group of these people: all of their devices, and one's own. */
  async createGroup(name: string, userIds: string[]): Promise<ChatView> {
    const add = await this.#claimAll(userIds);
    const { members: _, ...chat } = await this.host.call("group.create", { name, encrypted: true });
    await this.#groups.create(chat.id, { add: [...add, ...await this.#ownOthers()] }, userIds);
    return chat;
  }

  async addPeople(chatId: string, userIds: string[]): Promise<void> {
    const add = await this.#claimAll(userIds);
    await this.#groups.change(chatId, () => ({ add }), userIds);
  }

  async removePeople(chatId: string, userIds: string[]): Promise<void> {
    await this.#groups.change(chatId, () => ({ removeUserIds: userIds }), [], userIds);
  }

  /** Renews this device's keys in the group: what leaked before is of no use after. */
  async renewKeys(chatId: string): Promise<void> {
    await this.#groups.change(chatId, () => ({}));
  }

  send(chatId: string, content: MessageContent): Promise<MessageView> {
    const mediaIds = content.kind === "message" ? content.files?.map((each) => each.mediaId) : [];
    return this.#groups.send(chatId, content, mediaIds);
  }

  /** What an encrypted message is known by within the encryption. */
  targetOf(chatId: string, messageId: string): { senderId: string; clientId: string } {
    const message = this.context.model.chat(chatId)?.messages.get(messageId);
    if (!message) throw new ChatError("not_found", `There is no message ${messageId} here`);
    return { senderId: message.senderId, clientId: message.clientId };
  }

  /** Who is in the group, with which keys. */
  roster(chatId: string): Promise<ReturnType<MlsGroup["roster"]>> {
    return this.#groups.withGroup(chatId, (group) => group.roster());
  }

  /** 60 digits that the other person sees, too, if nobody is in between. */
  safetyNumber(chatId: string, userId: string): Promise<string> {
    return this.#groups.withGroup(chatId, (group) => {
      const roster = group.roster();
      return safetyNumber(personIn(roster, this.context.userId), personIn(roster, userId));
    });
  }

  hasChangedKeys(userId: string): Promise<boolean> {
    return this.#knownKeys.hasChanged(userId);
  }

  acknowledgeKeys(userId: string): Promise<void> {
    return this.#knownKeys.acknowledge(userId);
  }

  /** Keys and texts of this device; see `createBackup` on what it may be restored to. */
  backup(recoveryKey: Bytes): Promise<Bytes> {
    return createBackup(this.context.store, recoveryKey);
  }

  /** Puts what was read before into the model's rows. */
  async showKnown(chatId: string): Promise<void> {
    for (const message of this.context.model.messagesOf(chatId)) {
      if (message.kind !== "encrypted" || message.seq === 0) continue;
      if (message.encrypted && message.encrypted.state !== "waiting") continue;
      const known = await this.#plaintexts.known(message);
      if (known) this.#timeline.show(message, known);
      else await this.#markUnread(message);
    }
  }

  async topUp(): Promise<void> {
    const { device } = this.context;
    const { deviceId } = device;
    const { remaining } = await this.host.call("keyPackage.upload", { deviceId });
    if (remaining >= LOW) return;
    await device.pruneKeyPackages();
    const keyPackages = await device.createKeyPackages(FULL - remaining);
    const lastResort = await device.createLastResort();
    await this.host.call("keyPackage.upload", { deviceId, keyPackages, lastResort });
  }

  /** Removes leaves of those who left and of devices that are no more; after a while, as others may. */
  tidyLater(chatId: string): void {
    if (this.#timers.has(chatId)) return;
    const timer = setTimeout(() => {
      this.#timers.delete(chatId);
      void this.#quietly(() => this.#tidy(chatId));
    }, Math.random() * TIDY_MS);
    this.#timers.set(chatId, timer);
  }

  idle(): Promise<void> {
    return this.#groups.idle();
  }

  close(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  async #tidy(chatId: string): Promise<void> {
    if (!this.context.model.chat(chatId)) return;
    const { items } = await this.host.call("device.ofChat", { chatId });
    const live = new Set(items.map((device: DeviceView) => device.id));
    const staleIn = (group: MlsGroup) => group.roster().filter((each) => !live.has(each.deviceId));
    const isStale = await this.#groups.withGroup(chatId, (group) => staleIn(group).length > 0);
    if (!isStale) return;
    await this.#groups.change(chatId, (group) => {
      const removeDeviceIds = staleIn(group).map(({ deviceId }) => deviceId);
      return removeDeviceIds.length > 0 ? { removeDeviceIds } : null;
    });
  }

  async #claimAll(userIds: string[]): Promise<NewDevice[]> {
    const claimed = await Promise.all(userIds.map((userId) => this.#claim(userId)));
    const without = userIds.find((_, i) => claimed[i].length === 0);
    if (without === undefined) return claimed.flat();
    throw new ChatError("conflict", `User ${without} has no device for encrypted chats`);
  }

  async #claim(userId: string, deviceIds?: string[]): Promise<NewDevice[]> {
    const { items } = await this.host.call("keyPackage.claim", { userId, deviceIds });
    return items.map((each) => ({ userId, ...each }));
  }

  async #ownOthers(): Promise<NewDevice[]> {
    const { items } = await this.host.call("device.list", {});
    const others = items.map(({ id }) => id).filter((id) => id !== this.deviceId);
    return others.length === 0 ? [] : await this.#claim(this.context.userId, others);
  }

  /** Nothing is known of it: it is from before this device joined, or has not been come to yet. */
  async #markUnread({ chatId, id, seq }: MessageView): Promise<void> {
    const taken = await this.#groups.takenUpTo(chatId);
    if (taken === 0) return;
    const state = seq <= taken ? "before_join" as const : "waiting" as const;
    this.context.model.patchMessage(chatId, id, { encrypted: { state, files: [], isShown: true } });
  }

  async #quietly(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.host.onFault(error);
    }
  }
}

export type { EncryptionEvents };

/** Where the encryption of a person's device keeps everything. */
export interface EncryptionStorage {
  storage: KeyStore;
  /** Without it nothing is sealed: for a storage that lasts no longer than the page. */
  deviceKey?: CryptoKey;
  userId: string;
}

export function encryptionStore({ storage, deviceKey, userId }: EncryptionStorage): KeyStore {
  const inner = prefixedStore(storage, `e2ee/${userId}/`);
  return deviceKey ? sealedStore(inner, deviceKey) : inner;
}

/**
 * Puts a backup into the storage of a device that takes the old one's place, before the client is
 * made; `unreadable` for another key. Never into two: the groups' keys are left out of what is taken
 * up, for the old device may have used them since, and each group is joined anew.
 */
export async function restoreEncryption(
  place: EncryptionStorage,
  backup: Bytes,
  recoveryKey: Bytes,
): Promise<void> {
  const store = encryptionStore(place);
  await restoreBackup(store, backup, recoveryKey);
  const old = [...await store.names("group/"), ...await store.names("ratchets/")];
  await store.write(Object.fromEntries(old.map((name) => [name, null])));
}

/** The device's id from the server, by its key: the same however often it is asked. */
async function registered({ store, call }: EncryptionHost, name: string): Promise<string> {
  const stored = await store.read(DEVICE_ID);
  if (stored) return fromUtf8(stored);
  const signatureKey = toBase64Url(await deviceSignatureKey(store));
  const { id } = await call("device.register", { name, signatureKey });
  await store.write({ [DEVICE_ID]: utf8(id) });
  return id;
}

/** A chat whose group has been made. */
function isReady(chat: ChatView): boolean {
  return chat.encrypted && (chat.epoch ?? 0) > 0;
}
