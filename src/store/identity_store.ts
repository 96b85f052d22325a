import type { Identity, ProviderName } from "../model/identity.ts";

/** Reads linked accounts of providers; `AccountStore.change` links and unlinks them. */
export interface IdentityStore {
  find(provider: ProviderName, subject: string): Promise<Identity | null>;
  /** In order of `provider`. */
  ofUser(userId: string): Promise<Identity[]>;
}
