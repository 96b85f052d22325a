/**
 * `google`, `facebook`, or a name of OIDC_PROVIDERS: it stands for one issuer, and for no other.
 */
export type ProviderName = string;

/** A person's account at a provider, linked to their account here: another way to sign in. */
export interface Identity {
  id: string;
  provider: ProviderName;
  /** The provider's own, unchanging name for the person (`sub`); e-mail addresses change hands. */
  subject: string;
  userId: string;
  /** As the provider said when it was linked, for people to tell their accounts apart. */
  email: string | null;
  linkedAt: number;
}
