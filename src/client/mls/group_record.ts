import { type ClientConfig, type ClientState, decodeGroupState, encodeGroupState } from "ts-mls";
import { type Bytes, fromUtf8, ownBytes, packParts, unpackParts, utf8 } from "./encoding.ts";
import type { KeyStore } from "./key_store.ts";
import { MlsClientError } from "./mls_client_error.ts";
import { applyRatchets, encodeRatchets } from "./ratchet_delta.ts";

/** A Commit of this device that the server has not answered yet, and the state that it leads to. */
export interface PendingCommit {
  /** The MLSMessage as sent, in base64url. */
  commit: string;
  next: ClientState;
}

/** The complete state that a device keeps of a group. */
export interface GroupRecord {
  state: ClientState;
  /** Messages of earlier epochs cannot be read by this device. */
  joinedEpoch: bigint;
  pending: PendingCommit | null;
}

const VERSION = 1;

/** The record as last written in full; later ratchets are written separately. */
export interface StoredRecord {
  record: GroupRecord;
  base: ClientState;
}

/** Returns the write that stores a whole group. */
export function wholeRecord(chatId: string, record: GroupRecord): Record<string, Bytes | null> {
  return { [recordName(chatId)]: encodeRecord(record), [ratchetsName(chatId)]: null };
}

/** Returns the write after a message. */
export function ratchetsOnly(
  chatId: string,
  base: ClientState,
  state: ClientState,
): Record<string, Bytes> {
  return { [ratchetsName(chatId)]: encodeRatchets(base, state) };
}

/** Returns the write that erases a group. */
export function noRecord(chatId: string): Record<string, null> {
  return { [recordName(chatId)]: null, [ratchetsName(chatId)]: null };
}

function recordName(chatId: string): string {
  return `group/${chatId}`;
}

function ratchetsName(chatId: string): string {
  return `ratchets/${chatId}`;
}

function encodeRecord({ state, joinedEpoch, pending }: GroupRecord): Bytes {
  const parts = [
    Uint8Array.of(VERSION),
    utf8(String(joinedEpoch)),
    ownBytes(encodeGroupState(state)),
  ];
  if (pending) parts.push(utf8(pending.commit), ownBytes(encodeGroupState(pending.next)));
  return packParts(parts);
}

/** Undefined if nothing is stored. */
export async function readRecord(
  store: KeyStore,
  chatId: string,
  config: ClientConfig,
): Promise<StoredRecord | undefined> {
  const stored = await store.read(recordName(chatId));
  if (stored === undefined) return undefined;
  const ratchets = await store.read(ratchetsName(chatId));
  try {
    const record = decodeRecord(stored, config);
    const base = record.state;
    const state = ratchets ? applyRatchets(base, ratchets) : base;
    return { record: { ...record, state }, base };
  } catch (error) {
    throw new MlsClientError("unreadable", `Read the stored group ${chatId}`, error);
  }
}

function decodeRecord(stored: Bytes, config: ClientConfig): GroupRecord {
  const [version, joinedEpoch, state, commit, next] = unpackParts(stored);
  if (version[0] !== VERSION) throw new RangeError(`version ${version[0]} is unknown`);
  return {
    state: decodeState(state, config),
    joinedEpoch: BigInt(fromUtf8(joinedEpoch)),
    pending: commit ? { commit: fromUtf8(commit), next: decodeState(next, config) } : null,
  };
}

function decodeState(bytes: Bytes, clientConfig: ClientConfig): ClientState {
  const decoded = decodeGroupState(bytes, 0);
  if (decoded === undefined) throw new RangeError("the state is not well-formed");
  return { ...decoded[0], clientConfig };
}
