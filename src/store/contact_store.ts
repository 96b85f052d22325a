import type { ContactRequest, ContactSettings } from "../model/contact.ts";

/** `exists`: the chat has a request to this person that has not expired, declined ones included. */
export type RequestOutcome = "added" | "exists" | "full";

export interface RequestLimits {
  /** Maximum number of requests that wait for one person. */
  received: number;
  /** Maximum number of unexpired requests that one person has sent. */
  sent: number;
}

export interface RequestPage {
  now: number;
  /** Only requests with an id lower than this one. */
  before: string | null;
  limit: number;
}

/** Contact settings, and the requests that wait for a person's consent. */
export interface ContactStore {
  /** Settings of people who have changed theirs, in no particular order. */
  settingsOf(userIds: string[]): Promise<ContactSettings[]>;
  putSettings(settings: ContactSettings): Promise<void>;
  /**
   * Counted in the transaction that adds it: `full` if the limits are reached at
   * `request.createdAt`. An expired request for the same person and chat is replaced.
   */
  addRequest(request: ContactRequest, limits: RequestLimits): Promise<RequestOutcome>;
  /** Null when missing; an expired request is returned until it is purged. */
  request(id: string): Promise<ContactRequest | null>;
  /** The request to this person for this chat, as for `request`. */
  requestFor(userId: string, chatId: string): Promise<ContactRequest | null>;
  /** Requests that wait for the person: neither declined nor expired; newest (highest id) first. */
  received(userId: string, page: RequestPage): Promise<ContactRequest[]>;
  /** Requests that the person has sent, with the conditions and order of `received`. */
  sent(fromId: string, page: RequestPage): Promise<ContactRequest[]>;
  /** Returns false, and changes nothing, when it is missing or declined already. */
  decline(id: string, at: number): Promise<boolean>;
  /** Returns false when it is missing. */
  removeRequest(id: string): Promise<boolean>;
  /** Deletes the person's settings, and all requests to and from them. */
  deleteAllOf(userId: string): Promise<void>;
  /** Deletes requests that expired before `before`; returns their number. */
  purge(before: number): Promise<number>;
}
