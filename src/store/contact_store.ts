import type { ContactRequest, ContactSettings } from "../model/contact.ts";

/** `exists`: the chat has a request to this person that has not expired, declined ones included. */
export type RequestOutcome = "added" | "exists" | "full";

export interface RequestLimits {
  /** Requests that wait for one person. */
  received: number;
  /** Requests that one person has sent and that have not expired. */
  sent: number;
}

export interface RequestPage {
  now: number;
  /** Only requests with an id lower than this one. */
  before: string | null;
  limit: number;
}

/** Who may reach whom, and the requests that wait for a person's consent. */
export interface ContactStore {
  /** Of those who have changed theirs, in no particular order. */
  settingsOf(userIds: string[]): Promise<ContactSettings[]>;
  putSettings(settings: ContactSettings): Promise<void>;
  /**
   * Counted in the transaction that adds it: `full` where the limits are reached at
   * `request.createdAt`. An expired request for the same person and chat is replaced.
   */
  addRequest(request: ContactRequest, limits: RequestLimits): Promise<RequestOutcome>;
  /** Null when missing; one that has expired is returned until it is purged. */
  request(id: string): Promise<ContactRequest | null>;
  /** As `request`, by what it is about. */
  requestFor(userId: string, chatId: string): Promise<ContactRequest | null>;
  /** Requests that wait for the person: neither declined nor expired; newest (highest id) first. */
  received(userId: string, page: RequestPage): Promise<ContactRequest[]>;
  /** As `received`, of those that the person has sent. */
  sent(fromId: string, page: RequestPage): Promise<ContactRequest[]>;
  /** False, and nothing changed, when it is missing or declined already. */
  decline(id: string, at: number): Promise<boolean>;
  /** False when it is missing. */
  removeRequest(id: string): Promise<boolean>;
  /** Deletes the person's settings, and all requests to and from them. */
  deleteAllOf(userId: string): Promise<void>;
  /** Deletes requests that expired before `before`; returns how many. */
  purge(before: number): Promise<number>;
}
