import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import { inPages } from "../core/in_pages.ts";
import type { ContactRequest } from "../model/contact.ts";
import type { RequestPage } from "../store/contact_store.ts";
import type { Store } from "../store/store.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";

const REQUESTS_PER_PAGE = 100;

/** Exports and erases a person's contact settings, and the requests that they sent or received. */
export class ContactPersonalData implements PersonalData {
  readonly name = "contacts";

  constructor(private readonly store: Pick<Store, "contacts">) {}

  sections(userId: string): ExportSection[] {
    const { contacts } = this.store;
    return [
      { name: "contactSettings", rows: this.#settings(userId) },
      { name: "requestsReceived", rows: pages((page) => contacts.received(userId, page)) },
      { name: "requestsSent", rows: pages((page) => contacts.sent(userId, page)) },
    ];
  }

  async *#settings(userId: string): AsyncIterable<unknown> {
    yield* await this.store.contacts.settingsOf([userId]);
  }

  erase(userId: string): Promise<void> {
    return this.store.contacts.deleteAllOf(userId);
  }
}

/** All requests, expired ones too. */
async function* pages(
  read: (page: RequestPage) => Promise<ContactRequest[]>,
): AsyncIterable<unknown> {
  const rows = inPages(REQUESTS_PER_PAGE, (page) => read({ now: 0, ...page }));
  for await (const row of rows) yield requestRow(row);
}

function requestRow(request: ContactRequest) {
  return {
    ...request,
    createdAt: toTimestamp(request.createdAt),
    expiresAt: toTimestamp(request.expiresAt),
    declinedAt: toTimestampOrNull(request.declinedAt),
  };
}
