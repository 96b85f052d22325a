import type { ContactRequest, ContactSettings } from "../../model/contact.ts";
import type { ContactStore, RequestLimits, RequestOutcome, RequestPage } from "../contact_store.ts";
import { countRows } from "./bounded_insert.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const SETTINGS = new Table<ContactSettings>("contact_settings", {
  userId: "value",
  addToGroups: "value",
  write: "value",
});

const REQUESTS = new Table<ContactRequest>("contact_requests", {
  id: "value",
  kind: "value",
  userId: "value",
  fromId: "value",
  chatId: "value",
  createdAt: "value",
  expiresAt: "value",
  declinedAt: "value",
});

export class SqliteContactStore implements ContactStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  settingsOf(userIds: string[]): Promise<ContactSettings[]> {
    return this.#db.read(() =>
      this.#db.all(
        SETTINGS.select("WHERE userId IN (SELECT value FROM json_each(?))"),
        JSON.stringify(userIds),
      ).map((raw) => SETTINGS.decode(raw))
    );
  }

  putSettings(settings: ContactSettings): Promise<void> {
    return this.#db.write(() => {
      this.#db.run(
        `${SETTINGS.insert} ON CONFLICT DO UPDATE SET
         addToGroups = excluded.addToGroups, write = excluded.write`,
        ...SETTINGS.bind(settings),
      );
    });
  }

  addRequest(request: ContactRequest, limits: RequestLimits): Promise<RequestOutcome> {
    return this.#db.write(() => {
      const { userId, fromId, chatId, createdAt: now } = request;
      const earlier = this.#one("WHERE userId = ? AND chatId = ?", userId, chatId);
      if (earlier && earlier.expiresAt > now) return "exists";
      if (earlier) this.#db.run("DELETE FROM contact_requests WHERE id = ?", earlier.id);
      const received = this.#count("userId = ? AND declinedAt IS NULL", userId, now);
      const sent = this.#count("fromId = ?", fromId, now);
      if (received >= limits.received || sent >= limits.sent) return "full";
      this.#db.run(REQUESTS.insert, ...REQUESTS.bind(request));
      return "added";
    });
  }

  request(id: string): Promise<ContactRequest | null> {
    return this.#db.read(() => this.#one("WHERE id = ?", id));
  }

  requestFor(userId: string, chatId: string): Promise<ContactRequest | null> {
    return this.#db.read(() => this.#one("WHERE userId = ? AND chatId = ?", userId, chatId));
  }

  received(userId: string, page: RequestPage): Promise<ContactRequest[]> {
    return this.#page("userId", userId, page);
  }

  sent(fromId: string, page: RequestPage): Promise<ContactRequest[]> {
    return this.#page("fromId", fromId, page);
  }

  decline(id: string, at: number): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run(
        "UPDATE contact_requests SET declinedAt = ? WHERE id = ? AND declinedAt IS NULL",
        at,
        id,
      ) === 1
    );
  }

  removeRequest(id: string): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run("DELETE FROM contact_requests WHERE id = ?", id) === 1
    );
  }

  deleteAllOf(userId: string): Promise<void> {
    return this.#db.guard(async () => {
      await this.#db.deleteParts("contact_settings", "userId = ?", [userId], "userId");
      await this.#db.deleteParts("contact_requests", "userId = ?", [userId]);
      await this.#db.deleteParts("contact_requests", "fromId = ?", [userId]);
    });
  }

  purge(before: number): Promise<number> {
    return this.#db.deleteParts("contact_requests", "expiresAt < ?", [before]);
  }

  #page(
    field: "userId" | "fromId",
    userId: string,
    { now, before, limit }: RequestPage,
  ): Promise<ContactRequest[]> {
    // Nothing sorts after U+10FFFF, so without a bound all ids are lower.
    return this.#db.read(() =>
      this.#db.all(
        REQUESTS.select(
          `WHERE ${field} = ? AND id < ? AND declinedAt IS NULL AND expiresAt > ?
           ORDER BY id DESC LIMIT 0 + ?`,
        ),
        userId,
        before ?? "\u{10FFFF}",
        now,
        limit,
      ).map((raw) => REQUESTS.decode(raw))
    );
  }

  #count(where: string, userId: string, now: number): number {
    return countRows(this.#db, "contact_requests", [`${where} AND expiresAt > ?`, userId, now]);
  }

  #one(rest: string, ...values: string[]): ContactRequest | null {
    return REQUESTS.decodeOrNull(this.#db.get(REQUESTS.select(rest), ...values));
  }
}
