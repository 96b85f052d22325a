import type { Handshake, StoredGroupInfo, StoredWelcome } from "../../model/handshake.ts";
import type { MlsChange } from "../chat_store.ts";
import type { HandshakeStore } from "../handshake_store.ts";
import type { Database } from "./database.ts";
import { Table } from "./table.ts";

const HANDSHAKES = new Table<Handshake>("handshakes", {
  chatId: "value",
  rev: "value",
  generation: "value",
  epoch: "value",
  senderId: "value",
  clientId: "value",
  message: "value",
  createdAt: "value",
});

const GROUP_INFOS = new Table<StoredGroupInfo>("group_infos", {
  chatId: "value",
  generation: "value",
  epoch: "value",
  groupInfo: "value",
});

/** Without the message, which is in welcome_messages until the last device has fetched it. */
const WELCOMES = new Table<Omit<StoredWelcome, "message">>("welcomes", {
  id: "value",
  chatId: "value",
  userId: "value",
  deviceId: "value",
  rev: "value",
  generation: "value",
  epoch: "value",
  createdAt: "value",
});

const PUT_GROUP_INFO = `${GROUP_INFOS.insert} ON CONFLICT (chatId) DO UPDATE SET
  generation = excluded.generation, epoch = excluded.epoch, groupInfo = excluded.groupInfo`;
const PUT_MESSAGE = `INSERT INTO welcome_messages (chatId, rev, message) VALUES (?, ?, ?)
  ON CONFLICT DO NOTHING`;
/** Inserts from a JSON array, as there may be a thousand. */
const INSERT_WELCOMES = `INSERT INTO welcomes
    (id, chatId, userId, deviceId, rev, generation, epoch, createdAt)
  SELECT value ->> 'id', value ->> 'chatId', value ->> 'userId', value ->> 'deviceId',
    value ->> 'rev', value ->> 'generation', value ->> 'epoch', value ->> 'createdAt'
  FROM json_each(?)`;
const WELCOMES_FOR_DEVICE = `SELECT ${WELCOMES.columns}, welcome_messages.message
  FROM welcomes JOIN welcome_messages USING (chatId, rev)
  WHERE deviceId = ? AND id > ? ORDER BY id LIMIT 0 + ?`;

export class SqliteHandshakeStore implements HandshakeStore {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  changed(chatId: string, after: number, maxRev: number, limit: number): Promise<Handshake[]> {
    const sql = HANDSHAKES.select(
      "WHERE chatId = ? AND rev > ? AND rev <= ? ORDER BY rev LIMIT 0 + ?",
    );
    return this.#db.read(() =>
      this.#db.all(sql, chatId, after, maxRev, limit).map((raw) => HANDSHAKES.decode(raw))
    );
  }

  byEpoch(chatId: string, generation: number, epoch: number): Promise<Handshake | null> {
    const sql = HANDSHAKES.select("WHERE chatId = ? AND generation = ? AND epoch = ?");
    return this.#db.read(() =>
      HANDSHAKES.decodeOrNull(this.#db.get(sql, chatId, generation, epoch))
    );
  }

  groupInfo(chatId: string): Promise<StoredGroupInfo | null> {
    const sql = GROUP_INFOS.select("WHERE chatId = ?");
    return this.#db.read(() => GROUP_INFOS.decodeOrNull(this.#db.get(sql, chatId)));
  }

  welcomesFor(deviceId: string, limit: number, after = ""): Promise<StoredWelcome[]> {
    return this.#db.read(() =>
      this.#db.all(WELCOMES_FOR_DEVICE, deviceId, after, limit).map((raw) => ({
        ...WELCOMES.decode(raw),
        message: raw.message as string,
      }))
    );
  }

  removeWelcome(deviceId: string, id: string): Promise<boolean> {
    return this.#db.write(() =>
      this.#db.run("DELETE FROM welcomes WHERE id = ? AND deviceId = ?", id, deviceId) === 1
    );
  }

  /** Runs within the transaction of a commit. */
  put({ commits, groupInfo, welcomes }: MlsChange): void {
    for (const each of commits) this.#db.run(HANDSHAKES.insert, ...HANDSHAKES.bind(each));
    this.#db.run(PUT_GROUP_INFO, ...GROUP_INFOS.bind(groupInfo));
    const { chatId, generation } = groupInfo;
    if (commits.some(({ epoch }) => epoch === 0)) {
      this.#db.run("DELETE FROM welcomes WHERE chatId = ? AND generation < ?", chatId, generation);
    }
    const revs = new Map(welcomes.map(({ rev, message }) => [rev, message]));
    for (const [rev, message] of revs) this.#db.run(PUT_MESSAGE, chatId, rev, message);
    if (welcomes.length > 0) {
      this.#db.run(
        INSERT_WELCOMES,
        JSON.stringify(welcomes.map(({ message: _, ...row }) => row)),
      );
    }
  }
}
