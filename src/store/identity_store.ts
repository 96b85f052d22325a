import type { Identity, ProviderName } from "../model/identity.ts";

/** Linked and unlinked by `AccountStore.change`. */
export interface IdentityStore {
  find(provider: ProviderName, subject: string): Promise<Identity | null>;
  /** In order of `provider`. */
  ofUser(userId: string): Promise<Identity[]>;
}
