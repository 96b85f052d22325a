import { type ClientConfig, type ClientState, createGroup } from "ts-mls";
import { ownBytes, packParts, sameBytes, unpackParts } from "./encoding.ts";
import { groupIdOf, type GroupName, readGroupId } from "./group_name.ts";
import { type GroupRecord, readRecord, type StoredRecord, wholeRecord } from "./group_record.ts";
import { ratchetTreeFromExtension } from "ts-mls/groupInfo.js";
import { joinByWelcome } from "./join_welcome.ts";
import {
  createKeyPackages,
  findKeyPackage,
  makeKeyPackage,
  pruneKeyPackages,
  type SignatureKeyPair,
} from "./key_packages.ts";
import { type LeftOutDevice, usableDevices } from "./key_package_check.ts";
import type { KeyStore } from "./key_store.ts";
import { guarded, MlsClientError } from "./mls_client_error.ts";
import { MlsGroup } from "./mls_group.ts";
import { rosterOf } from "./roster.ts";
import { describe, type NewDevice, stageCommit, type StagedCommit } from "./staged_commit.ts";
import { cipherSuite, clientConfig, type CredentialCheck } from "./suite.ts";
import { decodeGroupInfo, decodeWelcome, encodeWire } from "./wire.ts";

const SIGNATURE = "device/signature";

export interface MlsDeviceOptions {
  userId: string;
  /** The id that the server returned when the signature key was registered. */
  deviceId: string;
  /** Decides which members to trust; by default every one with a well-formed credential. */
  isTrusted?: CredentialCheck;
  /** Milliseconds since 1970. */
  now?: () => number;
}

/** A Commit by which this device joins by itself; it counts once the server has accepted it. */
export interface ExternalJoin {
  staged: StagedCommit;
  accepted(): Promise<MlsGroup>;
}

/** A group that replaces the chat's; it counts once the server has accepted it. */
export interface Restart extends ExternalJoin {
  /** Devices that could not be added. */
  leftOut: LeftOutDevice[];
}

/**
 * Returns the signature key of this device, created and stored on first use: POST /devices
 * registers it.
 */
export async function deviceSignatureKey(store: KeyStore): Promise<Uint8Array> {
  return (await signatureKeys(store)).publicKey;
}

/** This device, its key packages and its groups. All secrets are only in `store`. */
export class MlsDevice {
  readonly userId: string;
  readonly deviceId: string;
  readonly #store: KeyStore;
  readonly #signature: SignatureKeyPair;
  readonly #config: ClientConfig;
  readonly #now: () => number;
  readonly #groups = new Map<string, MlsGroup>();

  private constructor(store: KeyStore, signature: SignatureKeyPair, options: MlsDeviceOptions) {
    this.userId = options.userId;
    this.deviceId = options.deviceId;
    this.#store = store;
    this.#signature = signature;
    this.#config = clientConfig(options.isTrusted ?? (() => true));
    this.#now = options.now ?? Date.now;
  }

  static async open(store: KeyStore, options: MlsDeviceOptions): Promise<MlsDevice> {
    return new MlsDevice(store, await signatureKeys(store), options);
  }

  get signatureKey(): Uint8Array {
    return this.#signature.publicKey.slice();
  }

  /** Creates key packages for POST /devices/:deviceId/key-packages; each is used once. */
  createKeyPackages(count: number): Promise<string[]> {
    return createKeyPackages(this.#store, this.#owner(), count, false, this.#now());
  }

  /** Creates the one that is handed out repeatedly when the others are used up. */
  async createLastResort(): Promise<string> {
    const [one] = await createKeyPackages(this.#store, this.#owner(), 1, true, this.#now());
    return one;
  }

  /** Erases key packages that can no longer be used; returns the number of the remaining ones. */
  pruneKeyPackages(): Promise<number> {
    return pruneKeyPackages(this.#store, this.#signature, this.#now());
  }

  /** Creates a group of only this device, at epoch 0; the first Commit adds the others. */
  async createGroup(chatId: string): Promise<MlsGroup> {
    await this.#refuseIfMember(chatId, 0);
    const state = await this.#newGroup({ chatId, generation: 0 });
    return await this.#keep(chatId, { state, joinedEpoch: 0n, pending: null });
  }

  /**
   * Creates a new group for a chat whose group cannot be used, with all devices of `add` that can
   * be added. The old one is kept until the server has accepted the new one's first Commit.
   */
  async restart(chatId: string, generation: number, add: NewDevice[]): Promise<Restart> {
    const state = await this.#newGroup({ chatId, generation });
    const { usable, leftOut } = await usableDevices(state, add);
    const { staged, next } = await stageCommit(state, { add: usable });
    const record = { state: next, joinedEpoch: 0n, pending: null };
    return { staged, leftOut, accepted: () => this.#keep(chatId, record) };
  }

  /** Undefined if this device has no group for that chat. */
  async group(chatId: string): Promise<MlsGroup | undefined> {
    const open = this.#groups.get(chatId);
    if (open) return open;
    const stored = await readRecord(this.#store, chatId, this.#config);
    return stored && this.#remember(chatId, stored);
  }

  /**
   * Joins the chat of a Welcome, or its group of that generation. The key package is erased in the
   * same write, unless it is the last resort. Earlier messages cannot be read: by design there is
   * no key for them.
   */
  async join(chatId: string, welcome: string, generation = 0): Promise<MlsGroup> {
    await this.#refuseIfMember(chatId, generation);
    const decoded = decodeWelcome(welcome);
    const refs = decoded.secrets.map(({ newMember }) => newMember);
    const stored = await findKeyPackage(this.#store, refs, this.#signature);
    if (!stored) throw new MlsClientError("no_key_package", "Take a Welcome: it is not for us");
    const { keyPackage, keys } = stored;
    const state = await guarded("bad_welcome", "Take a Welcome", async () => {
      return await joinByWelcome(decoded, keyPackage, keys, await cipherSuite(), this.#config);
    });
    if (!sameBytes(state.groupContext.groupId, groupIdOf({ chatId, generation }))) {
      throw new MlsClientError("wrong_chat", "Take a Welcome: it is for another chat");
    }
    const record = { state, joinedEpoch: state.groupContext.epoch, pending: null };
    return await this.#keep(chatId, record, stored.isLastResort ? {} : { [stored.name]: null });
  }

  /**
   * Joins by itself with the GroupInfo that the server keeps: for a new device of a member, or one
   * whose state was lost or broken; its former leaf is removed in the same Commit.
   */
  async joinExternally(chatId: string, groupInfo: string): Promise<ExternalJoin> {
    // Loaded when it is first needed: most devices are added by others.
    const { joinExternally } = await import("./join_external.ts");
    const decoded = decodeGroupInfo(groupInfo);
    await this.#checkGroup(chatId, decoded.groupContext.groupId);
    const { keyPackage, keys } = await makeKeyPackage(this.#owner(), false, this.#now());
    const { message, next, before } = await guarded("bad_group_info", "Join", async () => {
      const before = ratchetTreeFromExtension(decoded);
      if (before === undefined) throw new Error("its ratchet tree is missing");
      const own = rosterOf(before).find(({ deviceId }) => deviceId === this.deviceId)?.leafIndex;
      const suite = await cipherSuite();
      const joined = await joinExternally(decoded, keyPackage, keys, own, suite, this.#config);
      return { ...joined, before };
    });
    const { groupContext } = decoded;
    const staged = await describe({ ratchetTree: before, groupContext }, next, encodeWire(message));
    const record = { state: next, joinedEpoch: next.groupContext.epoch, pending: null };
    return { staged, accepted: () => this.#keep(chatId, record) };
  }

  /**
   * Erases the keys of a chat's group, after leaving it or being removed. A device cannot commit
   * its own removal (RFC 9420, section 12.4.2): a leaving member tells the server, which stops
   * delivering immediately, and the next device of a remaining member commits the removal.
   */
  async forget(chatId: string): Promise<void> {
    await (await this.group(chatId))?.forget();
    this.#groups.delete(chatId);
  }

  /** Erases everything that this device keeps; after that it is unknown to all groups. */
  async erase(): Promise<void> {
    const names = await this.#store.names("");
    await this.#store.write(Object.fromEntries(names.map((name) => [name, null])));
    this.#groups.clear();
  }

  #owner() {
    return { userId: this.userId, deviceId: this.deviceId, signature: this.#signature };
  }

  /** Creates a new group of only this device, in memory. */
  async #newGroup(name: GroupName): Promise<ClientState> {
    const { keyPackage, keys } = await makeKeyPackage(this.#owner(), false, this.#now());
    const suite = await cipherSuite();
    return await createGroup(groupIdOf(name), keyPackage, keys, [], suite, this.#config);
  }

  /** Refuses a group that is older than the known one, so that this device never goes back. */
  async #checkGroup(chatId: string, groupId: Uint8Array): Promise<void> {
    const name = readGroupId(groupId);
    const known = (await this.group(chatId))?.generation ?? 0;
    if (name?.chatId === chatId && name.generation >= known) return;
    throw new MlsClientError("wrong_chat", "Take a GroupInfo: it is for another chat or group");
  }

  async #refuseIfMember(chatId: string, generation: number): Promise<void> {
    const group = await this.group(chatId);
    if (group?.isActive && group.generation >= generation) {
      throw new MlsClientError("already_member", `Join chat ${chatId}: this device is in it`);
    }
  }

  async #keep(
    chatId: string,
    record: GroupRecord,
    also: Record<string, null> = {},
  ): Promise<MlsGroup> {
    await this.#store.write({ ...wholeRecord(chatId, record), ...also });
    return this.#remember(chatId, { record, base: record.state });
  }

  #remember(chatId: string, stored: StoredRecord): MlsGroup {
    const group = new MlsGroup(this.#store, stored);
    this.#groups.set(chatId, group);
    return group;
  }
}

async function signatureKeys(store: KeyStore): Promise<SignatureKeyPair> {
  const stored = await store.read(SIGNATURE);
  if (stored) {
    const [publicKey, signKey] = unpackParts(stored);
    return { publicKey, signKey };
  }
  const made = await (await cipherSuite()).signature.keygen();
  const keys = { publicKey: ownBytes(made.publicKey), signKey: ownBytes(made.signKey) };
  await store.write({ [SIGNATURE]: packParts([keys.publicKey, keys.signKey]) });
  return keys;
}
