import type { Handshake, StoredGroupInfo, StoredWelcome } from "../model/handshake.ts";

/**
 * Stored state of MLS groups. Rows are written by `ChatStore.commit` only, in the transaction that
 * takes the revision; a Welcome is deleted when its device has fetched it, or is removed.
 */
export interface HandshakeStore {
  /** Commits with `after < rev <= maxRev`, in order of `rev`, at most `limit`. */
  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Handshake[]>;
  /** The Commit that ended this epoch of that group, or null. */
  byEpoch(chatId: string, generation: number, epoch: number): Promise<Handshake | null>;
  /** Null before the first Commit. */
  groupInfo(chatId: string): Promise<StoredGroupInfo | null>;
  /** Oldest first, those after the Welcome `after` if it is given. */
  welcomesFor(deviceId: string, limit: number, after?: string): Promise<StoredWelcome[]>;
  /** Returns true if there was one for that device. */
  removeWelcome(deviceId: string, id: string): Promise<boolean>;
}
