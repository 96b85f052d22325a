import type { Collection, Db } from "mongodb";
import type { StoredWelcome } from "../../model/handshake.ts";
import type { Chat } from "../../model/chat.ts";
import type { Message } from "../../model/message.ts";
import type { User } from "../../model/user.ts";
import type { Entity, PortableRow, RowPage, RowPort } from "../row_port.ts";
import { customEntries } from "../custom_entries.ts";
import { nameTerms } from "../search_terms.ts";
import { chatDefaults, chatDocument } from "./chat_collection.ts";
import { compoundKey } from "./documents.ts";
import { messageDefaults, messageDocument } from "./message_collection.ts";
import { META } from "./meta.ts";
import { MIGRATION_STEPS } from "./steps/mod.ts";
import { userDefaults } from "./users.ts";

interface StoredDocument {
  _id: string;
  [field: string]: unknown;
}

const PROGRESS = "copy";

/** Components of the `_id` of documents whose rows have no id. */
const KEYS: Partial<Record<Entity, (row: PortableRow) => string[]>> = {
  blocks: (row) => [String(row.blockerId), String(row.blockedId)],
  memberships: (row) => [String(row.chatId), String(row.userId)],
  erasures: (row) => [String(row.userId)],
  statistics: (row) => [String(row.day)],
  contact_settings: (row) => [String(row.userId)],
  notification_settings: (row) => [String(row.userId)],
  group_infos: (row) => [String(row.chatId)],
  history_backup_parts: (row) => [String(row.backupId), String(row.name)],
  webhook_deliveries: (row) => [String(row.webhookId), String(row.deliveryId)],
  shown_pushes: (row) => [String(row.deviceId), String(row.tag)],
  handshakes: ({ chatId, generation, epoch }) =>
    [chatId, ...(generation === 0 ? [] : [generation]), epoch].map(String),
};

/** Fields that documents of earlier releases lack, with the defaults of the entities' readers. */
const DEFAULTS: Partial<Record<Entity, (row: PortableRow) => PortableRow>> = {
  sessions: () => ({ previousHash: null, rotatedAt: null }),
  audit: () => ({ keyId: null }),
  users: () => ({ ...userDefaults() }),
  chats: () => ({ ...chatDefaults() }),
  memberships: () => ({ addedByStranger: false, hiddenSeq: 0, custom: null }),
  messages: () => ({ ...messageDefaults() }),
  media: ({ id }) => ({ blobId: id, tus: null }),
  handshakes: () => ({ generation: 0 }),
  group_infos: () => ({ generation: 0 }),
  welcomes: () => ({ generation: 0 }),
  contact_settings: () => ({ addToGroups: null, write: null }),
};

export class MongoRowPort implements RowPort {
  constructor(private readonly db: Db) {}

  async page(entity: Entity, after: string | null, limit: number): Promise<RowPage> {
    const found = await this.#collection(entity)
      .find(after === null ? {} : { _id: { $gt: after } })
      .sort({ _id: 1 }).limit(limit).toArray();
    const next = found.length < limit ? null : found[found.length - 1]._id;
    const rows = found.filter((document) => isOfModel(entity, document))
      .flatMap((document) => rowsOf(entity, document));
    return { rows: entity === "welcomes" ? await this.#withMessages(rows) : rows, next };
  }

  async put(entity: Entity, rows: PortableRow[]): Promise<void> {
    if (rows.length === 0) return;
    await putAll(this.#collection(entity), rows.map((row) => documentOf(entity, row)));
    if (entity === "users") await putAll(this.#named("userKeys"), rows.flatMap(userKeysOf));
    if (entity === "welcomes") {
      await putAll(this.#named("welcomeMessages"), rows.map(welcomeMessageOf));
    }
  }

  async progress(): Promise<string | null> {
    const found = await this.#named(META).findOne({ _id: PROGRESS });
    return found === null ? null : String(found.value);
  }

  async setProgress(progress: string | null): Promise<void> {
    if (progress === null) await this.#named(META).deleteOne({ _id: PROGRESS });
    else {
      await this.#named(META)
        .updateOne({ _id: PROGRESS }, { $set: { value: progress } }, { upsert: true });
    }
  }

  /** The steps are safe to repeat, and compute the counts over all documents. */
  async finish(incarnation: string): Promise<void> {
    for (const step of MIGRATION_STEPS) await step.run(this.db);
    await this.#named(META)
      .updateOne({ _id: "incarnation" }, { $set: { value: incarnation } }, { upsert: true });
    await this.setProgress(null);
  }

  /** Documents of earlier releases contain the message themselves. */
  async #withMessages(rows: PortableRow[]): Promise<PortableRow[]> {
    const keys = rows.map((row) => welcomeMessageOf(row)._id);
    const found = await this.#named("welcomeMessages").find({ _id: { $in: keys } }).toArray();
    const messages = new Map(found.map(({ _id, message }) => [_id, message]));
    return rows.map((row) => ({
      ...row,
      message: row.message ?? messages.get(welcomeMessageOf(row)._id) ?? null,
    }));
  }

  #collection(entity: Entity): Collection<StoredDocument> {
    return this.#named(collectionOf(entity));
  }

  #named(name: string): Collection<StoredDocument> {
    return this.db.collection<StoredDocument>(name);
  }
}

/** "push_devices" is named "pushDevices" here. */
function collectionOf(entity: Entity): string {
  return entity.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

/** Earlier releases also wrote documents of contact settings that had no settings in them. */
function isOfModel(entity: Entity, document: StoredDocument): boolean {
  if (entity !== "contact_settings") return true;
  return document.addToGroups !== undefined || document.write !== undefined;
}

/** One, or those of a pack. */
function rowsOf(entity: Entity, document: StoredDocument): PortableRow[] {
  const isPack = entity === "outbox" && "packDueAt" in document;
  return isPack ? document.entries as PortableRow[] : [rowOf(entity, document)];
}

/** `terms`, `customEntries` and `shares` exist only in MongoDB. */
function rowOf(
  entity: Entity,
  { _id, terms: _, customEntries: _entries, shares: _shares, ...fields }: StoredDocument,
): PortableRow {
  if (entity === "contact_settings") {
    const { addToGroups = null, write = null } = fields;
    return { userId: _id, addToGroups, write };
  }
  const row = entity in KEYS ? fields : { id: _id, ...fields };
  return { ...DEFAULTS[entity]?.(row), ...row };
}

function documentOf(entity: Entity, row: PortableRow): StoredDocument {
  if (entity === "messages") return messageDocument(row as unknown as Message) as never;
  if (entity === "chats") return chatDocument(row as unknown as Chat) as never;
  if (entity === "contact_settings") {
    return { _id: String(row.userId), addToGroups: row.addToGroups, write: row.write };
  }
  const key = KEYS[entity];
  if (key) return { _id: compoundKey(...key(row)), ...row };
  const { id, ...fields } = row;
  if (entity === "welcomes") delete fields.message;
  if (entity !== "users") return { _id: String(id), ...fields };
  const { displayName, username, custom } = row as unknown as User;
  const terms = nameTerms(displayName, username);
  return { _id: String(id), ...fields, terms, customEntries: customEntries(custom) };
}

function userKeysOf(row: PortableRow): StoredDocument[] {
  const { id: userId, usernameKey, emailKey, externalId } = row as unknown as User;
  const keys = [`username:${usernameKey}`, `email:${emailKey}`];
  if (externalId) keys.push(`externalId:${externalId}`);
  return keys.map((_id) => ({ _id, userId }));
}

function welcomeMessageOf(row: PortableRow): StoredDocument {
  const { chatId, rev, message } = row as unknown as StoredWelcome;
  return { _id: compoundKey(chatId, String(rev)), chatId, message };
}

/** Existing documents stay as they are. */
async function putAll(
  collection: Collection<StoredDocument>,
  documents: StoredDocument[],
): Promise<void> {
  const distinct = new Map(documents.map((document) => [document._id, document]));
  await collection.bulkWrite(
    [...distinct.values()].map(({ _id, ...fields }) => ({
      updateOne: { filter: { _id }, update: { $setOnInsert: fields }, upsert: true },
    })),
    { ordered: false },
  );
}
