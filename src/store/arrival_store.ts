import type { Session } from "../model/session.ts";
import type { User } from "../model/user.ts";
import type { PresentChat } from "./membership_store.ts";

/** Everything that a new connection of a user begins with. */
export interface Arrival {
  /** See `Store.incarnation`. */
  incarnation: string;
  /** Null if there is no such session. */
  session: Pick<Session, "endedAt"> | null;
  user: User | null;
  /** Users whom the user has blocked, newest first. */
  blockedIds: string[];
  /** The first of the chats, as `MembershipStore.presentOfUser` returns them. */
  chats: PresentChat[];
}

/** A user, and who may see whether they are online. */
export interface PresenceReach {
  user: User | null;
  /** Chats of the user with at most so many members as were asked for. */
  chatIds: string[];
  /** Users who blocked the user or were blocked by them, in no particular order. */
  strangerIds: string[];
}

/**
 * Reads of several kinds of rows that are always needed together. One call costs a store much less
 * than one for each kind of row, and thousands of users come back at once.
 */
export interface ArrivalStore {
  /** `chats` has at most `limit` rows. */
  of(userId: string, sessionId: string, limit: number): Promise<Arrival>;
  presenceOf(userId: string, maxMembers: number): Promise<PresenceReach>;
}
