import { DAY_FIGURES, type DayStatistics, type Totals } from "../../model/statistics.ts";
import type { StatisticStore } from "../statistic_store.ts";
import { type Database, ROWS_PER_SLICE, ROWS_PER_WRITE } from "./database.ts";
import { Table } from "./table.ts";

const STATISTICS = new Table<DayStatistics>("statistics", {
  day: "value",
  peopleActive: "value",
  peopleNew: "value",
  messages: "value",
  files: "value",
  fileBytes: "value",
  chats: "value",
  pushesSent: "value",
  pushesFailed: "value",
  webhooksDelivered: "value",
  webhooksFailed: "value",
});

const ADD = `INSERT INTO statistics (day, ${DAY_FIGURES.join(", ")})
  VALUES (?, ${DAY_FIGURES.map(() => "?").join(", ")})
  ON CONFLICT (day) DO UPDATE SET
  ${DAY_FIGURES.map((name) => `${name} = ${name} + excluded.${name}`).join(", ")}`;

const MARK = `INSERT OR IGNORE INTO active_people (day, userId)
  SELECT ?, value FROM json_each(?)`;

const FORGET = `DELETE FROM active_people WHERE (day, userId) IN
  (SELECT day, userId FROM active_people WHERE day < ? LIMIT ${ROWS_PER_WRITE})`;

/**
 * Adds an amount of each row of a page of a table, which follows the row with the key that is
 * given.
 */
const sumOfPage = (table: string, key: string, amount: string) =>
  `SELECT count(*) AS rows, total(amount) AS amount, max(position) AS last FROM
  (SELECT ${key} AS position, ${amount} AS amount FROM ${table}
    WHERE ${key} > ? ORDER BY ${key} LIMIT ${ROWS_PER_SLICE})`;

const PEOPLE = sumOfPage("users", "rowid", "deletedAt IS NULL");
const CHATS = sumOfPage("chats", "number", "1");
const STORAGE_BYTES = sumOfPage("storage_usage", "userId", "bytes");

export class SqliteStatisticStore implements StatisticStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  add(day: string, figures: Partial<DayStatistics>): Promise<void> {
    return this.#db.write(() => this.#add(day, figures));
  }

  markActive(day: string, userIds: string[]): Promise<void> {
    return this.#db.write(() => {
      const peopleActive = this.#db.run(MARK, day, JSON.stringify(userIds));
      if (peopleActive > 0) this.#add(day, { peopleActive });
    });
  }

  days(first: string, last: string): Promise<DayStatistics[]> {
    const sql = STATISTICS.select("WHERE day >= ? AND day <= ? ORDER BY day");
    return this.#db.read(() => this.#db.all(sql, first, last).map((raw) => STATISTICS.decode(raw)));
  }

  async forgetActive(before: string): Promise<void> {
    await this.#db.writeParts(() => this.#db.run(FORGET, before));
  }

  deleteActiveOf(userId: string): Promise<void> {
    return this.#db.write(() => {
      this.#db.run("DELETE FROM active_people WHERE userId = ?", userId);
    });
  }

  async totals(): Promise<Totals> {
    return {
      people: await this.#sum(PEOPLE, 0),
      chats: await this.#sum(CHATS, 0),
      storageBytes: Math.max(0, await this.#sum(STORAGE_BYTES, "")),
    };
  }

  /** Reads each page in a separate turn: the tables hold a row for every person and chat. */
  async #sum(sql: string, start: string | number): Promise<number> {
    let total = 0;
    for (let after = start;;) {
      const { rows, amount, last } = await this.#db.read(() => this.#db.get(sql, after)!);
      total += Number(amount);
      if (Number(rows) < ROWS_PER_SLICE) return total;
      after = last as typeof start;
    }
  }

  #add(day: string, figures: Partial<DayStatistics>): void {
    this.#db.run(ADD, day, ...DAY_FIGURES.map((name) => figures[name] ?? 0));
  }
}
