import type { AuditEntry } from "../model/audit_entry.ts";
import type { Bot } from "../model/bot.ts";
import type { Identity } from "../model/identity.ts";
import type { User } from "../model/user.ts";
import type { CreationPage } from "./creation_order.ts";

/** Fields of a user that may change; ids and `createdAt` may not. */
export type UserPatch = Partial<Omit<User, "id" | "createdAt">>;

export interface UserStore {
  /**
   * Stores the user and their first rows. Throws `DuplicateKey("username" | "email" | "externalId"
   * | "identity")` for the first of these that is taken, and writes nothing.
   */
  create(user: User, also?: UserBeginnings): Promise<void>;
  /** Null when missing. */
  byId(id: string): Promise<User | null>;
  /** True if the user exists and is not erased; cheaper than `byId`. */
  exists(id: string): Promise<boolean>;
  /** Users who exist, in no particular order; duplicates in `ids` count once. */
  byIds(ids: string[]): Promise<User[]>;
  byUsernameKey(key: string): Promise<User | null>;
  byEmailKey(key: string): Promise<User | null>;
  byExternalId(externalId: string): Promise<User | null>;
  /** Users with an external id, in its order; with `after`, only later ones. */
  external(page: { after: string | null; limit: number }): Promise<User[]>;
  /**
   * Sets the given fields and returns the updated row; null when missing or erased. Throws
   * `DuplicateKey("username" | "email" | "externalId")` for the first of these that is taken, and
   * changes nothing.
   */
  update(id: string, patch: UserPatch): Promise<User | null>;
  /**
   * Moves `lastSeenAt` forward to `at`; does nothing when the user is missing or erased. Resolves
   * once readers may see it: a crash of the database may lose it.
   */
  markSeen(id: string, at: number): Promise<void>;
  /**
   * Users whose username and display name have all words of `prefix` (see `search_terms.ts`; the
   * last may be unfinished, and without words no user is found), by `usernameKey`; without erased
   * users and those who have blocked `hiddenFrom`; keys after `after` only.
   */
  search(query: UserSearch): Promise<FoundUsers>;
  /** Users with custom data as in the query, in order of id, without erased ones. */
  withCustom(query: CustomUserQuery): Promise<User[]>;
  /**
   * Users with this role, in order of `usernameKey`, without erased ones. For operators: it reads
   * all users.
   */
  withRole(role: User["role"]): Promise<User[]>;
  /** Ids of shadowed users, the most recently shadowed first, without erased ones. */
  shadowed(limit: number): Promise<string[]>;
  /** Users by `createdAt` and then id, newest first, without erased ones. */
  newest(query: NewestUsers): Promise<User[]>;
  /**
   * Moves `totp.lastStep` forward to `step`; returns false, and changes nothing, if it is there
   * already.
   */
  useTotpStep(id: string, step: number): Promise<boolean>;
}

/** Rows that are stored with a new user. */
export interface UserBeginnings {
  /** The provider's account with which they signed up. */
  identity?: Identity;
  entry?: AuditEntry;
  /** Given for a user that a program plays: no such user is stored without it. */
  bot?: Bot;
}

export interface UserSearch {
  /** As the person typed it. */
  prefix: string;
  /** The person who searches; null for a search without one. */
  hiddenFrom: string | null;
  after: string | null;
  limit: number;
}

export interface CustomUserQuery {
  /** At least one; the person has all of them (`customEntry`). */
  custom: readonly string[];
  /** People who have blocked this person are left out. */
  hiddenFrom: string;
  /** Only ids after this one; null for the first page. */
  after: string | null;
  limit: number;
}

export interface NewestUsers extends CreationPage {
  /** Only users with a suspension, which may have expired, and deactivated ones. */
  suspended: boolean;
}

export interface FoundUsers {
  users: User[];
  /**
   * The `after` of the next page; null if there are no more users. A search has a time limit: once
   * it is reached, the page has fewer people than requested, or none.
   */
  next: string | null;
}
