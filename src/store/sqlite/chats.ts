import type { Chat } from "../../model/chat.ts";
import type {
  ChatChange,
  ChatHead,
  ChatStore,
  CommitOutcome,
  InboxQuery,
  InboxRow,
  NewestChats,
} from "../chat_store.ts";
import { AFTER_ALL_ROWS } from "../creation_order.ts";
import type { SqliteAuditStore } from "./audit.ts";
import type { Database } from "./database.ts";
import type { SqliteHandshakeStore } from "./handshakes.ts";
import type { SqliteMediaStore } from "./media.ts";
import type { SqliteMembershipStore } from "./memberships.ts";
import type { MessageWriter } from "./message_writer.ts";
import type { SqliteOutboxStore } from "./outbox.ts";
import { Table } from "./table.ts";
import type { SqliteWebhookDeliveryStore } from "./webhook_deliveries.ts";

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
  history: "value",
  createdBy: "value",
  createdAt: "value",
  updatedAt: "value",
  epoch: "value",
  generation: "value",
  custom: "json",
  externalId: "value",
  frozen: "json",
});

/**
 * Columns that a change writes; without indexed columns, so that the pages of those indexes stay
 * unwritten.
 */
const HEAD = [
  "rev",
  "lastSeq",
  "lastActivityAt",
  "memberCount",
  "updatedAt",
  "epoch",
  "generation",
] as const;
const DETAILS = [
  "name",
  "description",
  "avatarMediaId",
  "history",
  "custom",
  "detailsRev",
  "externalId",
  "frozen",
] as const;
const HEAD_AND_DETAILS = [...HEAD, ...DETAILS] as const;

const AT_HEAD = "id = ? AND rev = ?";
const TAKE_HEAD = CHATS.update(HEAD, AT_HEAD);
const TAKE_HEAD_AND_DETAILS = CHATS.update(HEAD_AND_DETAILS, AT_HEAD);

/** Sorts before every chat of an inbox: ids are hexadecimal. */
const AFTER_ALL = { lastActivityAt: Number.MAX_SAFE_INTEGER, chatId: "g" };

const HAS_ENTRY = "AND EXISTS (SELECT 1 FROM chat_custom WHERE entry = ? AND chatId = chats.id)";
const newestOf = ({ kind, custom = [] }: Pick<InboxQuery, "kind" | "custom">) =>
  CHATS.select(`WHERE id IN (SELECT value FROM json_each(?)) AND (lastActivityAt, id) < (?, ?)
    ${kind === null ? "" : "AND kind = ?"} ${HAS_ENTRY.repeat(custom.length)}
    ORDER BY lastActivityAt DESC, id DESC LIMIT 0 + ?`);

const HEADS = `SELECT id, rev, lastActivityAt, memberCount FROM chats
  WHERE id IN (SELECT value FROM json_each(?))`;

const newest = (condition: string) =>
  CHATS.select(`WHERE (createdAt, id) < (?, ?) AND createdAt >= ? ${condition}
    ORDER BY createdAt DESC, id DESC LIMIT 0 + ?`);
const NEWEST = newest("");
const NEWEST_FROZEN = newest("AND frozen IS NOT NULL");

/** The tables that a commit writes, beside the chats. */
export interface ChatTables {
  db: Database;
  memberships: SqliteMembershipStore;
  messages: MessageWriter;
  audit: SqliteAuditStore;
  handshakes: SqliteHandshakeStore;
  media: SqliteMediaStore;
  outbox: SqliteOutboxStore;
  deliveries: SqliteWebhookDeliveryStore;
}

export class SqliteChatStore implements ChatStore {
  readonly #db: Database;

  constructor(private readonly tables: ChatTables) {
    this.#db = tables.db;
  }

  commit(change: ChatChange): Promise<CommitOutcome> {
    return this.#db.write(() => this.#apply(change));
  }

  byId(id: string): Promise<Chat | null> {
    return this.#db.read(() => this.#db.first(CHATS, "WHERE id = ?", id));
  }

  byIds(ids: string[]): Promise<Chat[]> {
    const sql = CHATS.select("WHERE id IN (SELECT value FROM json_each(?))");
    return this.#db.readParts(
      [...new Set(ids)],
      (part) => this.#db.all(sql, JSON.stringify(part)).map((raw) => CHATS.decode(raw)),
    );
  }

  heads(ids: string[]): Promise<ChatHead[]> {
    return this.#db.readParts(
      [...new Set(ids)],
      (part) => this.#db.all(HEADS, JSON.stringify(part)) as unknown as ChatHead[],
    );
  }

  byDirectKey(key: string): Promise<Chat | null> {
    return this.#db.read(() => this.#db.first(CHATS, "WHERE directKey = ?", key));
  }

  byExternalId(externalId: string): Promise<Chat | null> {
    return this.#db.read(() => this.#db.first(CHATS, "WHERE externalId = ?", externalId));
  }

  withAvatar(mediaId: string): Promise<Chat[]> {
    return this.#db.read(() =>
      this.#db.all(CHATS.select("WHERE avatarMediaId = ?"), mediaId).map((raw) => CHATS.decode(raw))
    );
  }

  newest({ before, from, frozen, limit }: NewestChats): Promise<Chat[]> {
    const { createdAt, id } = before ?? AFTER_ALL_ROWS;
    const sql = frozen ? NEWEST_FROZEN : NEWEST;
    return this.#db.read(() =>
      this.#db.all(sql, createdAt, id, from ?? 0, limit).map((raw) => CHATS.decode(raw))
    );
  }

  /**
   * Reads the last activity of each of the user's chats, in slices. A copy of it in the memberships
   * would save these reads, and cost a write per member and message.
   */
  inbox(query: InboxQuery): Promise<InboxRow[]> {
    return this.#db.guard(() => this.#inbox(query));
  }

  async #inbox(query: InboxQuery): Promise<InboxRow[]> {
    const { userId, kind, custom = [], before, limit } = query;
    const sql = newestOf(query);
    const present = this.#db.all(
      "SELECT chatId FROM memberships WHERE userId = ? AND leftAt IS NULL",
      userId,
    );
    const { lastActivityAt, chatId } = before ?? AFTER_ALL;
    const newest = await this.#db.readParts(present, (part) => {
      const ids = JSON.stringify(part.map((row) => row.chatId));
      const conditions = [...(kind === null ? [] : [kind]), ...custom];
      return this.#db.all(sql, ids, lastActivityAt, chatId, ...conditions, limit)
        .map((raw) => CHATS.decode(raw));
    });
    return newest.sort(byActivity).slice(0, limit).map((chat) => ({
      chat,
      membership: this.tables.memberships.row(chat.id, userId)!,
    }));
  }

  #apply(change: ChatChange): CommitOutcome {
    const { chat, members, updated, inserted } = change;
    if (!this.#takeHead(change)) return "stale";
    for (const member of members) this.tables.memberships.put(member);
    if (change.membership) this.tables.memberships.requireRoom(change.membership);
    for (const read of change.reads ?? []) this.tables.memberships.read(chat.id, read);
    for (const message of updated) this.tables.messages.rewrite(message);
    for (const message of inserted) this.tables.messages.insert(message);
    if (change.mls) this.tables.handshakes.put(change.mls);
    for (const use of change.mediaUses ?? []) this.tables.media.use(use, chat.updatedAt);
    for (const entry of change.audit ?? []) this.tables.audit.insert(entry);
    if (change.outbox) this.tables.outbox.insert(change.outbox);
    if (change.webhooks) this.tables.deliveries.insert(change.webhooks);
    return "committed";
  }

  /** The one statement that decides between concurrent change sets. */
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

function byActivity(a: Chat, b: Chat): number {
  return b.lastActivityAt - a.lastActivityAt || (a.id < b.id ? 1 : -1);
}
