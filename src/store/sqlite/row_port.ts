import type { SQLInputValue } from "node:sqlite";
import type { StoredWelcome } from "../../model/handshake.ts";
import type { Message } from "../../model/message.ts";
import type { User } from "../../model/user.ts";
import type { Entity, PortableRow, RowPage, RowPort } from "../row_port.ts";
import type { Database } from "./database.ts";
import type { MessageWriter } from "./message_writer.ts";
import { Table } from "./table.ts";

const PROGRESS = "copy";

export interface SqliteRowPortOptions {
  db: Database;
  messages: MessageWriter;
  /** Stores the terms by which a user is found. */
  indexUser: (user: User) => void;
}

export class SqliteRowPort implements RowPort {
  constructor(private readonly options: SqliteRowPortOptions) {}

  page(entity: Entity, after: string | null, limit: number): Promise<RowPage> {
    const { db } = this.options;
    return db.read(() => {
      const table = tableOf(entity), keys = this.#keysOf(table);
      const values: SQLInputValue[] = after === null ? [] : JSON.parse(after);
      const from = after === null
        ? ""
        : `WHERE (${keys.join(", ")}) > (${keys.map(() => "?").join(", ")})`;
      const raws = db.all(
        table.select(`${from} ORDER BY ${keys.join(", ")} LIMIT 0 + ?`),
        ...values,
        limit,
      );
      const last = raws.at(-1);
      const next = raws.length < limit ? null : JSON.stringify(keys.map((key) => last![key]));
      return { rows: raws.map((raw) => this.#withMessage(entity, table.decode(raw))), next };
    });
  }

  put(entity: Entity, rows: PortableRow[]): Promise<void> {
    return this.options.db.write(() => {
      for (const row of rows) this.#put(entity, row);
    });
  }

  progress(): Promise<string | null> {
    const { db } = this.options;
    return db.read(() => {
      const found = db.get("SELECT value FROM meta WHERE key = ?", PROGRESS);
      return found === undefined ? null : String(found.value);
    });
  }

  setProgress(progress: string | null): Promise<void> {
    const { db } = this.options;
    return db.write(() => {
      if (progress === null) db.run("DELETE FROM meta WHERE key = ?", PROGRESS);
      else db.run("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", PROGRESS, progress);
    });
  }

  /**
   * Triggers maintain the counts, and messages wait for their index: no derived data is left to
   * compute.
   */
  finish(incarnation: string): Promise<void> {
    const { db } = this.options;
    return db.write(() => {
      db.run("UPDATE meta SET value = ? WHERE key = 'incarnation'", incarnation);
      db.run("DELETE FROM meta WHERE key = ?", PROGRESS);
    });
  }

  #put(entity: Entity, row: PortableRow): void {
    const { db, messages, indexUser } = this.options;
    const lacking = Object.keys(tableOf(entity).kinds).filter((field) => row[field] === undefined);
    if (lacking.length > 0) {
      throw new Error(`Cannot copy a row of ${entity}: it has no ${lacking.join(", ")}`);
    }
    if (entity === "messages") {
      const isThere = db.get("SELECT 1 FROM messages WHERE id = ?", String(row.id)) !== undefined;
      if (!isThere) messages.insert(row as unknown as Message);
      return;
    }
    if (entity === "welcomes") {
      const { chatId, rev, message } = row as unknown as StoredWelcome;
      db.run(
        "INSERT OR IGNORE INTO welcome_messages (chatId, rev, message) VALUES (?, ?, ?)",
        chatId,
        rev,
        message,
      );
    }
    const table = tableOf(entity);
    const isNew = db.run(`${table.insert} ON CONFLICT DO NOTHING`, ...table.bind(row)) === 1;
    if (isNew && entity === "users") indexUser(row as unknown as User);
  }

  /** Adds the message that all devices of a Commit share, which is in a separate row. */
  #withMessage(entity: Entity, row: PortableRow): PortableRow {
    if (entity !== "welcomes") return row;
    const found = this.options.db.get(
      "SELECT message FROM welcome_messages WHERE chatId = ? AND rev = ?",
      String(row.chatId),
      Number(row.rev),
    );
    return { ...row, message: found?.message ?? null };
  }

  /** The id, where the primary key is a number that is specific to this file. */
  #keysOf(table: Table<PortableRow>): string[] {
    const keys = this.options.db.all(
      "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk",
      table.name,
    ).map(({ name }) => String(name));
    return keys.every((key) => key in table.kinds) ? keys : ["id"];
  }
}

function tableOf(entity: Entity): Table<PortableRow> {
  const table = Table.byName.get(entity);
  if (table === undefined) {
    throw new Error(`Cannot copy the rows of ${entity}: there is no such table`);
  }
  return table;
}
