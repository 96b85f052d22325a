/** Whom a person lets reach them without asking first. */
export const CONTACT_AUDIENCES = ["everyone", "shared", "nobody"] as const;

/** `shared`: people they share a chat with. */
export type ContactAudience = typeof CONTACT_AUDIENCES[number];

/** A person's choice; null leaves it to the configuration's default. */
export interface ContactSettings {
  userId: string;
  /** Who may add them to a group directly. */
  addToGroups: ContactAudience | null;
  /** Who may begin a direct chat with them directly. */
  write: ContactAudience | null;
}

/** What a person's choices come to, the configuration's defaults filled in. */
export type ContactAudiences = Readonly<
  Record<keyof Omit<ContactSettings, "userId">, ContactAudience>
>;

/** `group`: an invitation to a group. `direct`: a request to write to the person. */
export type ContactRequestKind = "group" | "direct";

/**
 * Somebody asks to add a person to a chat. Until the person accepts they are no member: nothing of the
 * chat is delivered to them.
 */
export interface ContactRequest {
  id: string;
  kind: ContactRequestKind;
  /** The person who is asked. */
  userId: string;
  fromId: string;
  /** One request for each person and chat. */
  chatId: string;
  createdAt: number;
  expiresAt: number;
  /** A declined request stays until it expires, so that asking again has no effect until then. */
  declinedAt: number | null;
}
