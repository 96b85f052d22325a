import type { IdPage } from "../core/in_pages.ts";
import type { ApiKey } from "../model/api_key.ts";
import type { BoundedAdd } from "./bounded_add.ts";

export interface ApiKeyRotation {
  id: string;
  secretHash: string;
  /** The secret before it works until then. */
  previousUntil: number;
  now: number;
}

/** The last use of a key since uses were last written. */
export interface ApiKeyUse {
  id: string;
  at: number;
  address: string;
}

export interface ApiKeyStore {
  /**
   * `max` bounds the keys that have neither ended nor expired at `key.createdAt`. Throws
   * `DuplicateKey("id")` when it exists.
   */
  create(key: ApiKey, max: number): Promise<BoundedAdd<ApiKey>>;
  /** Includes ended and expired keys. */
  byId(id: string): Promise<ApiKey | null>;
  /** Newest (highest id) first; with `before`, only lower ids; ended and expired ones too. */
  list(page: IdPage): Promise<ApiKey[]>;
  /** Number of keys that have neither ended nor expired at `now`. */
  countActive(now: number): Promise<number>;
  /**
   * Makes the current secret the previous one. Returns the key as it is then; null, and changes
   * nothing, if it is missing, ended or expired at `now`.
   */
  rotate(rotation: ApiKeyRotation): Promise<ApiKey | null>;
  /** Null when missing; ending twice keeps the first time. */
  end(id: string, at: number): Promise<ApiKey | null>;
  /** Moves the last uses forward; a missing key, or one that was used later, stays unchanged. */
  used(uses: readonly ApiKeyUse[]): Promise<void>;
}
