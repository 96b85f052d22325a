/** Settings for reaching a user without a contact request. */
export const CONTACT_AUDIENCES = ["everyone", "shared", "nobody"] as const;

/** `shared`: people they share a chat with. */
export type ContactAudience = typeof CONTACT_AUDIENCES[number];

/** A person's choice; null leaves it to the configuration's default. */
export interface ContactSettings {
  userId: string;
  /** Users who may add them to a group directly. */
  addToGroups: ContactAudience | null;
  /** Users who may begin a direct chat with them directly. */
  write: ContactAudience | null;
}

/** Effective settings: the user's choices, with the configuration's defaults filled in. */
export type ContactAudiences = Readonly<
  Record<keyof Omit<ContactSettings, "userId">, ContactAudience>
>;

/** `group`: an invitation to a group. `direct`: a request to write to the person. */
export type ContactRequestKind = "group" | "direct";

/**
 * A request to add a user to a chat. Until it is accepted the user is no member, and nothing of the
 * chat is delivered to them.
 */
export interface ContactRequest {
  id: string;
  kind: ContactRequestKind;
  /** The user who is asked to join. */
  userId: string;
  fromId: string;
  /** One request for each person and chat. */
  chatId: string;
  createdAt: number;
  expiresAt: number;
  /** A declined request stays until it expires, so that asking again has no effect until then. */
  declinedAt: number | null;
}
