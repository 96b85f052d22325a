import type { Bot } from "../../model/bot.ts";
import type { BotPage, BotStore } from "../bot_store.ts";
import type { Database } from "./database.ts";
import { AFTER_ALL_IDS, Table } from "./table.ts";

const BOTS = new Table<Bot>("bots", {
  id: "value",
  kind: "value",
  chatId: "value",
  name: "value",
  secretHash: "value",
  commands: "json",
  createdBy: "value",
  createdAt: "value",
  endedAt: "value",
});

export class SqliteBotStore implements BotStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** Runs within the caller's transaction. */
  insert(bot: Bot): void {
    this.#db.run(BOTS.insert, ...BOTS.bind(bot));
  }

  byId(id: string): Promise<Bot | null> {
    return this.#db.read(() => this.#row(id));
  }

  byIds(ids: string[]): Promise<Bot[]> {
    const sql = BOTS.select("WHERE id IN (SELECT value FROM json_each(?))");
    return this.#db.readParts(
      [...new Set(ids)],
      (part) => this.#db.all(sql, JSON.stringify(part)).map((raw) => BOTS.decode(raw)),
    );
  }

  list({ kind, chatId, before, limit }: BotPage): Promise<Bot[]> {
    const ofChat = chatId === null ? "" : "AND chatId = ?";
    const sql = BOTS.select(
      `WHERE kind = ? AND endedAt IS NULL ${ofChat} AND id < ? ORDER BY id DESC LIMIT 0 + ?`,
    );
    const values = [kind, ...(chatId === null ? [] : [chatId]), before ?? AFTER_ALL_IDS, limit];
    return this.#db.read(() => this.#db.all(sql, ...values).map((raw) => BOTS.decode(raw)));
  }

  update(id: string, patch: Partial<Bot>): Promise<Bot | null> {
    return this.#db.write(() => {
      const before = this.#row(id);
      if (before === null || before.endedAt !== null) return null;
      const bot = { ...before, ...patch };
      const fields = Object.keys(patch) as (keyof Bot)[];
      this.#db.run(BOTS.update(fields, "id = ?"), ...BOTS.bind(bot, fields), id);
      return bot;
    });
  }

  #row(id: string): Bot | null {
    return BOTS.decodeOrNull(this.#db.get(BOTS.select("WHERE id = ?"), id));
  }
}
