import { type AnyBulkWriteOperation, MongoClient } from "mongodb";
import type { Config } from "../../src/config.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { Message } from "../../src/model/message.ts";
import { chatDocument, CHATS } from "../../src/store/mongo/chat_collection.ts";
import { compoundKey } from "../../src/store/mongo/documents.ts";
import { MEMBERSHIPS } from "../../src/store/mongo/memberships.ts";
import { messageDocument, MESSAGES } from "../../src/store/mongo/message_collection.ts";
import type { Store } from "../../src/store/store.ts";
import { aChange } from "../contract/store/rows.ts";
import { openStoreOf } from "../support/people.ts";

/** Messages of one chat that are written together, and what they change. */
export interface Portion {
  before: Chat;
  after: Chat;
  inserted: Message[];
  reads: { userId: string; seq: number; before: number }[];
}

/** Writes messages that were never sent, into one database. */
export interface Filler extends AsyncDisposable {
  readonly store: Store;
  write(portion: Portion): Promise<void>;
}

/** Opens the database of the configuration. */
export async function openFiller(config: Config): Promise<Filler> {
  const store = await openStoreOf(config);
  return config.mongodbUri === null ? new StoreFiller(store) : new MongoFiller(
    store,
    await MongoClient.connect(config.mongodbUri),
  );
}

class StoreFiller implements Filler {
  constructor(readonly store: Store) {}

  async write({ before, after, inserted, reads }: Portion): Promise<void> {
    await this.store.chats.commit(aChange(before.rev, after, { inserted, reads }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
  }
}

/**
 * Inserts the adapter's own documents without transactions, which take most of a million messages'
 * time, and heads and cursors after them.
 */
class MongoFiller implements Filler {
  constructor(readonly store: Store, private readonly client: MongoClient) {}

  async write({ after, inserted, reads }: Portion): Promise<void> {
    const { _id, ...chat } = chatDocument(after);
    await this.#bulk(
      MESSAGES.name,
      inserted.map(messageDocument).map((document) => ({
        insertOne: { document },
      })),
    );
    await this.#bulk(CHATS.name, [{ replaceOne: { filter: { _id }, replacement: chat } }]);
    await this.#bulk(
      MEMBERSHIPS.name,
      reads.map(({ userId, seq }) => ({
        updateOne: {
          filter: { _id: compoundKey(_id, userId) },
          update: { $max: { readSeq: seq, deliveredSeq: seq } },
        },
      })),
    );
  }

  async #bulk(name: string, writes: unknown[]): Promise<void> {
    const collection = this.client.db().collection<{ _id: string }>(name);
    await collection.bulkWrite(writes as AnyBulkWriteOperation<{ _id: string }>[], {
      ordered: false,
      writeConcern: { w: 1 },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
    await this.store.close();
  }
}
