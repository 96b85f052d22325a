import { type ClientState, createApplicationMessage } from "ts-mls";
import { applyCommit, type CommitOutcome } from "./commit_policy.ts";
import { sameBytes } from "./encoding.ts";
import { readGroupId } from "./group_name.ts";
import {
  type GroupRecord,
  noRecord,
  ratchetsOnly,
  type StoredRecord,
  wholeRecord,
} from "./group_record.ts";
import { type LeftOutDevice, usableDevices } from "./key_package_check.ts";
import type { KeyStore } from "./key_store.ts";
import { guarded, MlsClientError } from "./mls_client_error.ts";
import {
  checkChat,
  type Decrypted,
  headerOf,
  missingCommits,
  openMessage,
  readableMessage,
} from "./message_reading.ts";
import { carryRatchets } from "./ratchet_delta.ts";
import { rosterOf, without } from "./roster.ts";
import {
  exportGroupInfo,
  type GroupChange,
  type NewDevice,
  stageCommit,
  type StagedCommit,
} from "./staged_commit.ts";
import { cipherSuite, type Member, paddedLength } from "./suite.ts";
import { decodeFramed, decodeGroupInfo, encodeWire } from "./wire.ts";

/**
 * One chat's group on one device.
 *
 * Every change is made on a copy, written to the store, and only then applied: a failing or bad
 * change has no effect. Calls run one after another. A Commit counts once the server has accepted
 * it: `stage`, send, then `accepted` or `discard`; or, after a crash in between, `processCommit`
 * with the server's list, which recognizes this device's own Commit.
 */
export class MlsGroup {
  readonly chatId: string;
  /** Number of times that the chat's group had been restarted when this group was created. */
  readonly generation: number;
  readonly #store: KeyStore;
  #record: GroupRecord;
  #base: ClientState;
  #last: Promise<unknown> = Promise.resolve();

  constructor(store: KeyStore, { record, base }: StoredRecord) {
    this.#store = store;
    this.#record = record;
    this.#base = base;
    const name = readGroupId(record.state.groupContext.groupId);
    if (name === null) throw new MlsClientError("unreadable", "A stored group is of no chat");
    this.chatId = name.chatId;
    this.generation = name.generation;
  }

  get epoch(): bigint {
    return this.#record.state.groupContext.epoch;
  }

  /** Messages of earlier epochs were not for this device. */
  get joinedEpoch(): bigint {
    return this.#record.joinedEpoch;
  }

  /** False once this device has been removed. */
  get isActive(): boolean {
    return this.#record.state.groupActiveState.kind === "active";
  }

  /** True while a Commit of this device waits for the server's response. */
  get isPending(): boolean {
    return this.#record.pending !== null;
  }

  /**
   * Time at which this device's leaf expires, in milliseconds since 1970; after that other clients
   * may refuse new devices. Null once the device has committed with new keys, which do not expire.
   */
  get leafExpiresAt(): number | null {
    const { ratchetTree, privatePath } = this.#record.state;
    const node = ratchetTree[2 * privatePath.leafIndex];
    if (node?.nodeType !== "leaf" || node.leaf.leafNodeSource !== "key_package") return null;
    return Number(node.leaf.lifetime.notAfter) * 1000;
  }

  roster(): Member[] {
    return rosterOf(this.#record.state.ratchetTree);
  }

  /**
   * True if the server's GroupInfo is of this group's epoch, and differs from this device's state.
   */
  differsFrom(groupInfo: string): boolean {
    const { groupContext: theirs, confirmationTag } = decodeGroupInfo(groupInfo);
    const { groupContext: ours, confirmationTag: tag } = this.#record.state;
    if (!sameBytes(theirs.groupId, ours.groupId) || theirs.epoch !== ours.epoch) return false;
    return !sameBytes(theirs.treeHash, ours.treeHash) || !sameBytes(confirmationTag, tag) ||
      !sameBytes(theirs.confirmedTranscriptHash, ours.confirmedTranscriptHash);
  }

  /**
   * Returns the GroupInfo for devices that join by themselves; the server gets a new one with every
   * Commit.
   */
  exportGroupInfo(): Promise<string> {
    return this.#exclusive(() => exportGroupInfo(this.#activeState()));
  }

  /** Returns which of these devices `stage` can add; the others are named, with the reason. */
  usableDevices(
    devices: NewDevice[],
  ): Promise<{ usable: NewDevice[]; leftOut: LeftOutDevice[] }> {
    return this.#exclusive(() => usableDevices(this.#activeState(), devices));
  }

  /**
   * Creates a Commit and keeps it until the server has answered. One at a time: otherwise throws
   * `commit_pending`.
   */
  stage(change: GroupChange): Promise<StagedCommit> {
    return this.#exclusive(async () => {
      const state = this.#activeState();
      if (this.#record.pending) {
        throw new MlsClientError(
          "commit_pending",
          "Make a Commit: another one is not answered yet",
        );
      }
      const { staged, next } = await stageCommit(state, change);
      await this.#save({ ...this.#record, pending: { commit: staged.commit, next } });
      return staged;
    });
  }

  /**
   * Applies this device's Commit that the server accepted. Does nothing if it came through
   * `processCommit` before.
   */
  accepted(staged: Pick<StagedCommit, "commit">): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#record.pending?.commit === staged.commit) await this.#takePending();
    });
  }

  /**
   * Drops this device's Commit that the server refused (as `stale_epoch`, for example): catch up,
   * and stage the change again.
   */
  discard(): Promise<void> {
    return this.#exclusive(async () => {
      if (this.#record.pending) await this.#save({ ...this.#record, pending: null });
    });
  }

  /**
   * Applies the next Commit in the server's order. Returns null for one that was applied before, or
   * is from before this device joined. A pending Commit of this device for the same epoch has lost
   * then, and is dropped.
   */
  processCommit(commit: string): Promise<CommitOutcome | null> {
    return this.#exclusive(async () => {
      if (this.#record.pending?.commit === commit) return await this.#takePending();
      const message = decodeFramed(commit);
      const { epoch, groupId } = headerOf(message);
      checkChat(this.#record.state, groupId);
      if (epoch < this.epoch) return null;
      const state = this.#activeState();
      if (epoch > this.epoch) throw missingCommits(epoch, this.epoch);
      const { next, outcome } = await guarded(
        "bad_commit",
        "Take a Commit",
        () => applyCommit(state, message),
      );
      await this.#save({ ...this.#record, state: next, pending: null });
      return outcome;
    });
  }

  /** Encrypts a message for the current epoch; the used key is erased before it returns. */
  encrypt(plaintext: Uint8Array): Promise<string> {
    return this.#exclusive(async () => {
      const state = this.#activeState();
      const { newState, privateMessage } = await createApplicationMessage(
        padded(state, plaintext.length),
        plaintext,
        await cipherSuite(),
      );
      const next = { ...newState, clientConfig: state.clientConfig };
      await this.#saveRatchets(next);
      return encodeWire({ wireformat: "mls_private_message", privateMessage });
    });
  }

  /**
   * Reads a message, once: its key is erased then. Messages of an epoch may come in any order.
   *
   * @param keep stores the plaintext; the key is erased only after it, so that a crash in between
   * loses nothing.
   */
  decrypt(
    ciphertext: string,
    keep: (message: Decrypted) => void | Promise<void> = () => {},
  ): Promise<Decrypted> {
    return this.#exclusive(async () => {
      const message = readableMessage(this.#record, ciphertext);
      const { next, decrypted } = await openMessage(this.#record.state, message);
      await keep(decrypted);
      await this.#saveRatchets(next);
      return decrypted;
    });
  }

  /**
   * Called by `MlsDevice.forget`. Erases all keys of this group; the object cannot be used after
   * that.
   */
  forget(): Promise<void> {
    return this.#exclusive(async () => {
      const state = {
        ...this.#record.state,
        groupActiveState: { kind: "removedFromGroup" as const },
      };
      this.#record = { ...this.#record, state, pending: null };
      await this.#store.write(noRecord(this.chatId));
    });
  }

  async #takePending(): Promise<CommitOutcome> {
    const { state, pending } = this.#record;
    const next = carryRatchets(state, pending!.next);
    const [before, after] = [rosterOf(state.ratchetTree), rosterOf(next.ratchetTree)];
    const own = after.find(({ leafIndex }) => leafIndex === next.privatePath.leafIndex)!;
    await this.#save({ ...this.#record, state: next, pending: null });
    return {
      epoch: next.groupContext.epoch,
      committer: { userId: own.userId, deviceId: own.deviceId },
      external: false,
      added: without(after, before),
      removed: without(before, after),
      removedSelf: false,
    };
  }

  #activeState(): ClientState {
    if (this.isActive) return this.#record.state;
    throw new MlsClientError("removed", "This device was removed from the group");
  }

  async #save(record: GroupRecord): Promise<void> {
    await this.#store.write(wholeRecord(this.chatId, record));
    this.#record = record;
    this.#base = record.state;
  }

  async #saveRatchets(state: ClientState): Promise<void> {
    await this.#store.write(ratchetsOnly(this.chatId, this.#base, state));
    this.#record = { ...this.#record, state };
  }

  #exclusive<T>(action: () => Promise<T>): Promise<T> {
    const run = this.#last.then(action, action);
    this.#last = run.catch(() => {});
    return run;
  }
}

function padded(state: ClientState, plaintextLength: number): ClientState {
  const padUntilLength = paddedLength(plaintextLength);
  const paddingConfig = { kind: "padUntilLength" as const, padUntilLength };
  return { ...state, clientConfig: { ...state.clientConfig, paddingConfig } };
}
