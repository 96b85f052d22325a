import type { AuditEntry } from "../model/audit_entry.ts";
import type { Identity } from "../model/identity.ts";
import type { User } from "../model/user.ts";

/** What may change of a user; ids and `createdAt` may not. */
export type UserPatch = Partial<Omit<User, "id" | "createdAt">>;

export interface UserStore {
  /**
   * Stores the user and what begins with them. Throws `DuplicateKey("username" | "email" | "identity")`
   * for the first of these that is taken, and writes nothing.
   */
  create(user: User, also?: UserBeginnings): Promise<void>;
  /** Null when missing. */
  byId(id: string): Promise<User | null>;
  /** Those that exist, in no particular order; duplicates in `ids` count once. */
  byIds(ids: string[]): Promise<User[]>;
  byUsernameKey(key: string): Promise<User | null>;
  byEmailKey(key: string): Promise<User | null>;
  /**
   * Sets the fields given and answers the row as it now is; null when missing or erased. Throws
   * `DuplicateKey("username" | "email")` for the first of these that is taken, and changes nothing.
   */
  update(id: string, patch: UserPatch): Promise<User | null>;
  /**
   * People whose username and display name have all words of `prefix` (see `search_terms.ts`; the last
   * may be unfinished, and without words nobody is found), by `usernameKey`; the erased and those who have
   * blocked `hiddenFrom` left out; keys after `after` only.
   */
  search(query: UserSearch): Promise<FoundUsers>;
  /** Those with this role, in order of `usernameKey`; the erased left out. For operators: it reads all. */
  withRole(role: User["role"]): Promise<User[]>;
  /** Moves `totp.lastStep` forward to `step`; false, and nothing changed, if it is there already. */
  useTotpStep(id: string, step: number): Promise<boolean>;
}

/** What is stored with a new user. */
export interface UserBeginnings {
  /** The provider's account by which they came. */
  identity?: Identity;
  entry?: AuditEntry;
}

export interface UserSearch {
  /** As the person typed it. */
  prefix: string;
  /** The person who searches; null for nobody in particular. */
  hiddenFrom: string | null;
  after: string | null;
  limit: number;
}

export interface FoundUsers {
  users: User[];
  /**
   * The `after` of the next page; null if there is nobody more. A search takes only so much time: where it
   * has used it up, the page has fewer people than asked for, or none.
   */
  next: string | null;
}
