import assert from "node:assert/strict";
import { type CommandStartedEvent, type Document, MongoClient } from "mongodb";
import { newId } from "../../../src/core/ids.ts";
import type { ShownPush } from "../../../src/model/shown_push.ts";
import { MongoBlockStore } from "../../../src/store/mongo/blocks.ts";
import { MongoChatStore } from "../../../src/store/mongo/chats.ts";
import { MongoOutboxStore } from "../../../src/store/mongo/outbox.ts";
import type { MongoConnection } from "../../../src/store/mongo/connection.ts";
import { MongoHandshakeStore } from "../../../src/store/mongo/handshakes.ts";
import { MEMBERSHIPS, MongoMembershipStore } from "../../../src/store/mongo/memberships.ts";
import { MongoMessageStore } from "../../../src/store/mongo/messages.ts";
import { MongoNotificationStore } from "../../../src/store/mongo/notifications.ts";
import { MongoPushDeviceStore } from "../../../src/store/mongo/push_devices.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import { MongoShownPushStore } from "../../../src/store/mongo/shown_pushes.ts";
import { MongoUserStore } from "../../../src/store/mongo/users.ts";
import { aMember, storedChat } from "../../contract/store/rows.ts";
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
    const chats = new MongoChatStore(seen.connection, new MongoOutboxStore(seen.connection));
    const handshakes = new MongoHandshakeStore(seen.connection);
    const blocks = new MongoBlockStore(seen.connection);
    const { id: chatId } = chat;
    const { userId } = members[0];
    const keys = [{ senderId: userId, clientId: "1" }];
    const inbox = { userId, kind: null, before: null, limit: 10 };
    const exceptSenderIds: string[] = [];
    const unread = [chatId, newId()].map((chatId) => (
      { chatId, userId, readSeq: 5, lastSeq: 15, exceptSenderIds }
    ));
    const ranges = [{ chatId, after: 3, maxRev: 15 }, { chatId: newId(), after: 0, maxRev: 9 }];
    /** The commands of each read, by the index that serves them. */
    const reads: [name: string, indexes: string[], read: () => Promise<unknown>][] = [
      ["a page before", ["history"], () => messages.page({ chatId, before: 15, limit: 10 })],
      ["a page after", ["history"], () => messages.page({ chatId, after: 3, limit: 10 })],
      [
        "a page before a place to come",
        ["history", "history", "history"],
        () => messages.page({ chatId, before: Number.MAX_SAFE_INTEGER, limit: 10 }),
      ],
      ["the newest page", ["_id_", "history"], () => messages.page({ chatId, limit: 10 })],
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
      ["the first page of a person's chats", ["ofUserByChat"], () => {
        return memberships.presentOfUser(userId, null, 10);
      }],
      ["a person's rows in some chats", ["_id_"], () => memberships.ofUserIn(userId, [chatId])],
      ["blocks by a person", ["by"], () => blocks.by(userId)],
      ["blocks against a person", ["against"], () => blocks.against(userId)],
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

Deno.test({
  name: "a crowd's look-ups share a few reads, each through an index and without a sort",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    const store = await openMongoStore({ uri });
    const people = Array.from({ length: 60 }, (_, n) => `person${n}`);
    const { chat } = await storedChat(store, { members: people.map((userId) => ({ userId })) });
    await store.close();
    await using seen = await Observed.open(uri);
    const memberships = new MongoMembershipStore(seen.connection);
    const chats = new MongoChatStore(seen.connection, new MongoOutboxStore(seen.connection));
    const blocks = new MongoBlockStore(seen.connection);
    const devices = new MongoPushDeviceStore(seen.connection);
    const shown = new MongoShownPushStore(seen.connection);
    const notifications = new MongoNotificationStore(seen.connection);
    const users = new MongoUserStore(
      seen.connection,
      {} as never,
      {} as never,
      {} as never,
    );
    const reads: [index: string, read: (userId: string) => Promise<unknown[]>, found: number][] = [
      ["ofUserByChat", (userId) => memberships.presentOfUser(userId, null, 500), 1],
      ["ofUserByChat", (userId) => memberships.ofUser(userId), 1],
      ["_id_", () => chats.byIds([chat.id, newId()]), 1],
      ["changed", () => memberships.ofChat(chat.id), people.length],
      ["ofUser", (userId) => devices.ofUsers([userId, "another"]), 0],
      ["ofUser", (userId) => shown.find({ userId, chatId: chat.id }, 10), 0],
      ["by", (userId) => blocks.by(userId), 0],
      ["against", (userId) => blocks.against(userId), 0],
      ["_id_", (userId) => users.byIds([userId, "another"]), 0],
      ["_id_", (userId) => notifications.settingsOf([userId]), 0],
      ["_id_", async (userId) => await blocks.has(userId, "another") ? [true] : [], 0],
    ];
    for (const [index, read, found] of reads) {
      const commands = await seen.during(async () => {
        const answers = await Promise.all(people.map(read));
        assert.deepEqual(answers.map(({ length }) => length), people.map(() => found));
      });
      assert.ok(commands.length <= 4, `${commands.length} commands`);
      for (const command of commands) assert.equal(await seen.indexOf(command), index);
    }
  },
});

Deno.test({
  name: "the chats of people who come together are read whole, however many each has",
  ignore: mongodb.missing,
  fn: async () => {
    const counts = [3, 700, 0, 499, 500, 501, 1];
    await using seen = await Observed.open(mongodb.uri());
    const rows = counts.flatMap((count, n) =>
      Array.from({ length: count }, (_, i) => {
        const [chatId, userId] = [`chat${String(i).padStart(4, "0")}`, `person${n}`];
        return { _id: `${chatId}:${userId}` as never, ...aMember(chatId, { userId }) };
      })
    );
    await seen.connection.collection(MEMBERSHIPS).insertMany(rows);
    const memberships = new MongoMembershipStore(seen.connection);
    // The first read takes the first person, and the second all others.
    const found = await Promise.all(["nobody", ...counts.keys()].map((n) => {
      return memberships.presentOfUser(`person${n}`, null, 500);
    }));
    assert.deepEqual(
      found.map(({ length }) => length),
      [0, ...counts.map((count) => Math.min(count, 500))],
    );
    for (const page of found) {
      const ids = page.map(({ chatId }) => chatId);
      assert.deepEqual(ids, page.map((_, i) => `chat${String(i).padStart(4, "0")}`));
    }
  },
});

Deno.test({
  name: "reads that share a command are bounded, however many rows others have caused in one chat",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    const store = await openMongoStore({ uri });
    const [flooded, quiet] = [1_500, 3].map((count) => {
      const [userId, chatId] = [newId(), newId()];
      const rows = Array.from({ length: count }, (_, seq) => (
        { userId, chatId, seq, deviceId: "phone", tag: newId(), kind: "mention", messageId: null }
      ));
      return { userId, chatId, rows: rows.map((row) => ({ ...row, shownAt: 1 } as ShownPush)) };
    });
    await store.shownPushes.put([...flooded.rows, ...quiet.rows]);
    await store.close();
    await using seen = await Observed.open(uri);
    const shown = new MongoShownPushStore(seen.connection);
    let found: ShownPush[][] = [];
    const commands = await seen.during(async () => {
      const both = [flooded, quiet];
      found = await Promise.all(
        both.map(({ userId, chatId }) => shown.find({ userId, chatId }, 500)),
      );
    });
    assert.deepEqual(found.map((rows) => rows.length), [500, 3]);
    const limits = commands.filter((command) => "find" in command).map(({ limit }) => limit);
    assert.deepEqual([...new Set(limits)], [1_000]);
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
