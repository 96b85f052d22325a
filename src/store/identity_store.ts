import type { Identity, ProviderName } from "../model/identity.ts";

export interface IdentityStore {
  /**
   * Throws `DuplicateKey("identity")` when the provider's account is linked, to whomever, and
   * `DuplicateKey("provider")` when the user has another account of this provider linked.
   */
  add(identity: Identity): Promise<void>;
  find(provider: ProviderName, subject: string): Promise<Identity | null>;
  /** In order of `provider`. */
  ofUser(userId: string): Promise<Identity[]>;
  /** The row that was there, or null. */
  remove(userId: string, provider: ProviderName): Promise<Identity | null>;
  /** Answers how many there were. */
  removeAllOf(userId: string): Promise<number>;
}
