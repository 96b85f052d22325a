import type { Chat } from "../../model/chat.ts";
import type { ChatChange, ChatStore, CommitOutcome, InboxQuery, InboxRow } from "../chat_store.ts";
import type { SqliteAuditStore } from "./audit.ts";
import type { Database } from "./database.ts";
import type { SqliteHandshakeStore } from "./handshakes.ts";
import type { SqliteMediaStore } from "./media.ts";
import type { SqliteMembershipStore } from "./memberships.ts";
import type { MessageWriter } from "./message_writer.ts";
import type { SqliteOutboxStore } from "./outbox.ts";
import { Table } from "./table.ts";

const CHATS = new Table<Chat>("chats", {
  id: "value",
  kind: "value",
  directKey: "value",
  name: "value",
  description: "value",
  avatarMediaId: "value",
  encrypted: "boolean",
  rev: "value",
  detailsRev: "value",
  lastSeq: "value",
  lastActivityAt: "value",
  memberCount: "value",
  createdBy: "value",
  createdAt: "value",
  updatedAt: "value",
  epoch: "value",
  generation: "value",
});

/** What a change moves; without the columns that indexes are over, whose pages are then left alone. */
const HEAD = [
  "rev",
  "lastSeq",
  "lastActivityAt",
  "memberCount",
  "updatedAt",
  "epoch",
  "generation",
] as const;
const HEAD_AND_DETAILS = [...HEAD, "name", "description", "avatarMediaId", "detailsRev"] as const;

const AT_HEAD = "id = ? AND rev = ?";
const TAKE_HEAD = CHATS.update(HEAD, AT_HEAD);
const TAKE_HEAD_AND_DETAILS = CHATS.update(HEAD_AND_DETAILS, AT_HEAD);

export class SqliteChatStore implements ChatStore {
  readonly #db: Database;
  readonly #memberships: SqliteMembershipStore;
  readonly #messages: MessageWriter;
  readonly #audit: SqliteAuditStore;
  readonly #handshakes: SqliteHandshakeStore;
  readonly #media: SqliteMediaStore;
  readonly #outbox: SqliteOutboxStore;

  constructor(
    db: Database,
    memberships: SqliteMembershipStore,
    messages: MessageWriter,
    audit: SqliteAuditStore,
    handshakes: SqliteHandshakeStore,
    media: SqliteMediaStore,
    outbox: SqliteOutboxStore,
  ) {
    this.#db = db;
    this.#memberships = memberships;
    this.#messages = messages;
    this.#audit = audit;
    this.#handshakes = handshakes;
    this.#media = media;
    this.#outbox = outbox;
  }

  commit(change: ChatChange): Promise<CommitOutcome> {
    return this.#db.write(() => this.#apply(change));
  }

  byId(id: string): Promise<Chat | null> {
    return this.#db.read(() => CHATS.decodeOrNull(this.#db.get(CHATS.select("WHERE id = ?"), id)));
  }

  byIds(ids: string[]): Promise<Chat[]> {
    return this.#db.read(() =>
      this.#db.all(
        CHATS.select("WHERE id IN (SELECT value FROM json_each(?))"),
        JSON.stringify(ids),
      ).map((raw) => CHATS.decode(raw))
    );
  }

  byDirectKey(key: string): Promise<Chat | null> {
    return this.#db.read(() =>
      CHATS.decodeOrNull(this.#db.get(CHATS.select("WHERE directKey = ?"), key))
    );
  }

  withAvatar(mediaId: string): Promise<Chat[]> {
    return this.#db.read(() =>
      this.#db.all(CHATS.select("WHERE avatarMediaId = ?"), mediaId).map((raw) => CHATS.decode(raw))
    );
  }

  inbox({ userId, kind, before, limit }: InboxQuery): Promise<InboxRow[]> {
    return this.#db.read(() =>
      this.#db.all(
        `SELECT ${CHATS.columns} FROM memberships CROSS JOIN chats ON chats.id = memberships.chatId
         WHERE memberships.userId = ?1 AND memberships.leftAt IS NULL
           AND (?2 IS NULL OR (chats.lastActivityAt, chats.id) < (?2, ?3))
           AND (?5 IS NULL OR chats.kind = ?5)
         ORDER BY chats.lastActivityAt DESC, chats.id DESC LIMIT ?4`,
        ...[userId, before?.lastActivityAt ?? null, before?.chatId ?? null, limit, kind],
      ).map((raw) => {
        const chat = CHATS.decode(raw);
        return { chat, membership: this.#memberships.row(chat.id, userId)! };
      })
    );
  }

  #apply(change: ChatChange): CommitOutcome {
    const { chat, members, updated, inserted } = change;
    if (!this.#takeHead(change)) return "stale";
    for (const member of members) this.#memberships.put(member);
    if (change.membership) this.#memberships.requireRoom(change.membership);
    for (const read of change.reads ?? []) this.#memberships.read(chat.id, read);
    for (const message of updated) this.#messages.rewrite(message);
    for (const message of inserted) this.#messages.insert(message);
    if (change.mls) this.#handshakes.put(change.mls);
    for (const use of change.mediaUses ?? []) this.#media.use(use, chat.updatedAt);
    for (const entry of change.audit ?? []) this.#audit.insert(entry);
    if (change.outbox) this.#outbox.insert(change.outbox);
    return "committed";
  }

  /** The one statement that decides between racing change sets. */
  #takeHead({ expectedRev, chat }: ChatChange): boolean {
    if (expectedRev === 0) {
      return this.#db.run(`${CHATS.insert} ON CONFLICT (id) DO NOTHING`, ...CHATS.bind(chat)) === 1;
    }
    const [sql, fields] = chat.detailsRev > expectedRev
      ? [TAKE_HEAD_AND_DETAILS, HEAD_AND_DETAILS]
      : [TAKE_HEAD, HEAD];
    return this.#db.run(sql, ...CHATS.bind(chat, fields), chat.id, expectedRev) === 1;
  }
}
