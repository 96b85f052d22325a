import { DAY_FIGURES, type DayStatistics, type Totals } from "../../model/statistics.ts";
import type { StatisticStore } from "../statistic_store.ts";
import { type Database, ROWS_PER_WRITE } from "./database.ts";
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

const TOTALS = `SELECT
  (SELECT count(*) FROM users WHERE deletedAt IS NULL) AS people,
  (SELECT count(*) FROM chats) AS chats,
  (SELECT coalesce(sum(bytes), 0) FROM storage_usage) AS storageBytes`;

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

  totals(): Promise<Totals> {
    return this.#db.read(() => {
      const { people, chats, storageBytes } = this.#db.get(TOTALS)!;
      return {
        people: Number(people),
        chats: Number(chats),
        storageBytes: Math.max(0, Number(storageBytes)),
      };
    });
  }

  #add(day: string, figures: Partial<DayStatistics>): void {
    this.#db.run(ADD, day, ...DAY_FIGURES.map((name) => figures[name] ?? 0));
  }
}
