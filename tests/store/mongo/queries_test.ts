import assert from "node:assert/strict";
import { type CommandStartedEvent, type Document, MongoClient } from "mongodb";
import { newId } from "../../../src/core/ids.ts";
import { MongoChatStore } from "../../../src/store/mongo/chats.ts";
import type { MongoConnection } from "../../../src/store/mongo/connection.ts";
import { MongoHandshakeStore } from "../../../src/store/mongo/handshakes.ts";
import { MongoMembershipStore } from "../../../src/store/mongo/memberships.ts";
import { MongoMessageStore } from "../../../src/store/mongo/messages.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { storedChat } from "../../contract/store/rows.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";

const mongodb = sharedMongodb();

Deno.test({
  name: "growing collections are read through their indexes, in the minimum number of commands",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    const store = await openMongoStore({ uri });
    const { chat, members } = await storedChat(store, {
      messages: Array(20).fill({}),
      members: [{}, {}],
    });
    await store.close();
    await using seen = await Observed.open(uri);
    const messages = new MongoMessageStore(seen.connection);
    const memberships = new MongoMembershipStore(seen.connection);
    const chats = new MongoChatStore(seen.connection);
    const handshakes = new MongoHandshakeStore(seen.connection);
    const { id: chatId } = chat;
    const { userId } = members[0];
    const keys = [{ senderId: userId, clientId: "1" }];
    const inbox = { userId, kind: null, before: null, limit: 10 };
    const unread = [5, 8].map((readSeq) => (
      { chatId, userId, readSeq, lastSeq: 15, exceptSenderIds: [] }
    ));
    const ranges = [{ chatId, after: 3, maxRev: 15 }, { chatId: newId(), after: 0, maxRev: 9 }];
    /** The commands of each read, by the index that serves them. */
    const reads: [name: string, indexes: string[], read: () => Promise<unknown>][] = [
      ["a page before", ["history"], () => messages.page({ chatId, before: 15, limit: 10 })],
      ["a page after", ["history"], () => messages.page({ chatId, after: 3, limit: 10 })],
      [
        "a page before a place to come",
        ["history"],
        () => messages.page({ chatId, before: Number.MAX_SAFE_INTEGER, limit: 10 }),
      ],
      ["the newest page", ["history"], () => messages.page({ chatId, limit: 10 })],
      ["changed messages", ["changed"], () => messages.changed(chatId, 3, 15, 10)],
      ["changed members", ["changed"], () => memberships.changed(chatId, 0, 15, 10)],
      ["messages that changed in some chats", ["changed"], () => messages.changedIn(ranges, 10)],
      ["members that changed in some chats", ["changed"], () => memberships.changedIn(ranges, 10)],
      ["changed handshakes", ["changed"], () => handshakes.changed(chatId, 0, 15, 10)],
      ["earlier sends", ["clientId"], () => messages.bySendKeys(chatId, keys)],
      ["unread counts of several chats", ["history"], () => messages.unread(unread, 100)],
      ["newest messages", ["_id_", "history"], () => messages.newest([chatId])],
      ["pinned messages", ["pinned"], () => messages.pinned(chatId, 10)],
      ["messages with an upload", ["carrying"], () => messages.carrying(newId(), 10)],
      ["memberships of a person", ["ofUserByChat"], () => memberships.ofUser(userId)],
      ["members of a chat", ["changed"], () => memberships.ofChat(chatId)],
      ["a page of a person's chats", ["ofUserByChat"], () => {
        return memberships.presentOfUser(userId, chatId, 10);
      }],
      ["a person's rows in some chats", ["_id_"], () => memberships.ofUserIn(userId, [chatId])],
      ["an inbox", ["ofUserByChat", "_id_"], () => chats.inbox(inbox)],
      ["a direct chat", ["directKey"], () => chats.byDirectKey("a:b")],
      ["groups with a picture", ["avatar"], () => chats.withAvatar(newId())],
    ];
    for (const [name, indexes, read] of reads) {
      const commands = await seen.during(read);
      const used = await Promise.all(commands.map((command) => seen.indexOf(command)));
      assert.deepEqual(used, indexes, name);
    }
  },
});

/** A connection whose commands are recorded. */
class Observed {
  readonly #commands: Document[] = [];

  private constructor(private readonly client: MongoClient) {
    client.on("commandStarted", ({ command }: CommandStartedEvent) => this.#commands.push(command));
  }

  static async open(uri: string): Promise<Observed> {
    return new Observed(await new MongoClient(uri, { monitorCommands: true }).connect());
  }

  get connection(): MongoConnection {
    const collection = ({ name }: { name: string }) => this.client.db().collection(name);
    return { collection } as unknown as MongoConnection;
  }

  async during(read: () => Promise<unknown>): Promise<Document[]> {
    this.#commands.length = 0;
    await read();
    return [...this.#commands];
  }

  /** The index through which the server would run it; null if it would scan the collection. */
  async indexOf(command: Document): Promise<string | null> {
    const { lsid: _lsid, $db: _db, $clusterTime: _time, $readPreference: _from, ...query } =
      command;
    const plan = await this.client.db().command({ explain: query, verbosity: "queryPlanner" });
    return /"indexName":"(\w+)"/.exec(JSON.stringify(plan))?.[1] ?? null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.client.close();
  }
}
