import assert from "node:assert/strict";
import { ChatWriter } from "../../../src/chats/chat_writer.ts";
import { CommitRepair } from "../../../src/chats/commit_repair.ts";
import { AppError } from "../../../src/core/errors.ts";
import { newId } from "../../../src/core/ids.ts";
import { jsonLog } from "../../../src/core/log.ts";
import type { ChatCommit } from "../../../src/model/chat_step.ts";
import { connect } from "../../../src/store/mongo/connection.ts";
import { createIndexes } from "../../../src/store/mongo/indexes.ts";
import { openMongoStore } from "../../../src/store/mongo/mongo_store.ts";
import type { WatchPool } from "../../../src/store/mongo/pool_metrics.ts";
import type { Store } from "../../../src/store/store.ts";
import {
  aChange,
  aMember,
  aMessage,
  aNotification,
  anOutboxEntry,
  aSession,
  aUser,
  storedChat,
} from "../../contract/store/rows.ts";
import { CuttableProxy } from "../../support/cuttable_proxy.ts";
import { eventually } from "../../support/eventually.ts";
import { sharedMongodb } from "../../support/mongodb_server.ts";
import { within } from "../../support/within.ts";

const mongodb = sharedMongodb();
const SILENT = jsonLog("error", () => {});

/** A store behind a network that can be cut. */
async function withStore(
  run: (store: Store, proxy: CuttableProxy, direct: Store) => Promise<void>,
): Promise<void> {
  const uri = mongodb.uri();
  const direct = await openMongoStore({ uri });
  await using proxy = new CuttableProxy(() => Number(new URL(uri).port));
  const cuttable = new URL(`${uri}&serverSelectionTimeoutMS=1500`);
  cuttable.port = String(proxy.port);
  const store = await openMongoStore({ uri: cuttable.href, retryMs: 300 });
  try {
    await run(store, proxy, direct);
  } finally {
    proxy.refuse(false);
    await store.close();
    await direct.close();
  }
}

function test(name: string, run: Parameters<typeof withStore>[0]): void {
  Deno.test({ name, ignore: mongodb.missing, fn: () => withStore(run) });
}

test(
  "every call that breaks off with the connection is unavailable",
  async (store, proxy) => {
    const user = aUser(), session = aSession({ userId: user.id });
    await store.users.create(user);
    await store.sessions.create(session);
    const { chat, messages, members } = await storedChat(store, {
      members: [{ userId: user.id }],
      messages: [{ text: "a red kite" }],
    });
    let rev = chat.rev;
    const calls: (() => Promise<unknown>)[] = [
      () => store.ping(),
      () => store.users.byId(user.id),
      () => store.users.update(user.id, { bio: "x" }),
      () => store.users.create(aUser()),
      () => store.sessions.touch(session.id, Date.now(), "192.0.2.1", "Test/1.0"),
      () => store.chats.inbox({ userId: user.id, kind: null, before: null, limit: 10 }),
      () => store.messages.page({ chatId: chat.id, limit: 10 }),
      () => store.messages.byId(messages[0].id),
      () => store.messages.search({ chatIds: [chat.id], query: "kite", before: null, limit: 5 }),
      () => store.memberships.moveCursors({ chatId: chat.id, userId: user.id, readSeq: 1 }),
      () => store.memberships.ofChat(chat.id),
      () => store.notifications.add([aNotification(), aNotification()]),
      () => store.outbox.add(anOutboxEntry()),
      () => store.outbox.claim(Date.now(), Date.now() + 1_000, 3),
      () => {
        const next = { ...chat, rev: rev + 1, lastSeq: rev + 1 };
        const change = aChange(rev, next, {
          inserted: [aMessage(chat.id, rev + 1)],
          members: [aMember(chat.id, { userId: members[0].userId })],
        });
        return store.chats.commit(change).then((outcome) => {
          if (outcome === "committed") rev++;
        });
      },
    ];
    const unexpected: unknown[] = [];
    let failed = 0;
    let isOver = false;
    const loops = calls.map(async (call) => {
      while (!isOver) {
        await call().catch((error) => {
          failed++;
          if (error instanceof AppError && error.code === "unavailable") return;
          unexpected.push(`${error.name} ${error.code}: ${error.message}`);
        });
        await pause(1);
      }
    });
    for (let i = 0; i < 20; i++) {
      await pause(10 + i % 7);
      if (i % 5 === 4) proxy.refuse(true);
      proxy.cut();
      if (i % 5 === 4) await pause(250);
      proxy.refuse(false);
    }
    isOver = true;
    await Promise.all(loops);
    assert.ok(failed > 0, "the test is about something");
    assert.deepEqual(unexpected, []);
  },
);

test(
  "calls fail at once while the database is gone, and succeed once it is back",
  async (store, proxy) => {
    const user = aUser();
    await store.users.create(user);
    const byId = () => store.users.byId(user.id);
    const isUnavailable = (error: unknown) =>
      error instanceof AppError && error.code === "unavailable";
    proxy.refuse(true);
    proxy.cut();
    await assert.rejects(byId(), isUnavailable);
    // The driver would wait 1,500 ms for each of them, a minute in all.
    const failAll = async () => {
      for (let i = 0; i < 40; i++) await assert.rejects(byId(), isUnavailable);
      await assert.rejects(store.ping(), isUnavailable);
    };
    await within("all of them fail", failAll(), 15_000);
    proxy.refuse(false);
    const found = await eventually("the database is back", byId);
    assert.equal(found.id, user.id);
  },
);

test("a ping right after a good one fails if the database is gone", async (store, proxy) => {
  await store.ping();
  proxy.refuse(true);
  proxy.cut();
  await assert.rejects(store.ping(), { code: "unavailable" });
  proxy.refuse(false);
  await eventually("the database is back", () => store.ping().then(() => true));
});

/** Reads, writes and transactions, each of which is answered by a server that responds. */
async function callsOf(store: Store): Promise<Record<string, () => Promise<unknown>>> {
  const user = aUser();
  await store.users.create(user);
  const { chat } = await storedChat(store, { members: [{ userId: user.id }] });
  const rev = chat.rev + 1;
  const inserted = [aMessage(chat.id, rev, { text: "x".repeat(30_000) })];
  const change = aChange(chat.rev, { ...chat, rev, lastSeq: rev }, { inserted });
  return {
    read: () => store.users.byId(user.id),
    write: () => store.users.update(user.id, { bio: "x" }),
    "shared read": () => store.memberships.of(chat.id, user.id),
    transaction: () => store.chats.commit(change),
    settle: () => store.outbox.settle([], [anOutboxEntry()]),
  };
}

test(
  "entries whose settling is not committed stay, and no retry of them is there",
  async (store, proxy, direct) => {
    const now = Date.now();
    const done = anOutboxEntry({ dueAt: now - 1_000 });
    await store.outbox.add(done);
    proxy.stopBefore("commitTransaction");
    const retry = anOutboxEntry({ dueAt: now - 2_000 });
    await assert.rejects(store.outbox.settle([done.id], [retry]), { code: "unavailable" });
    assert.equal(await direct.outbox.firstDue(now), done.dueAt);
  },
);

test("creating an index may take longer than the server may be silent", async (_, proxy) => {
  const uri = new URL(mongodb.uri());
  uri.port = String(proxy.port);
  const connection = await connect(`${uri}&socketTimeoutMS=1000&connectTimeoutMS=60000`);
  try {
    const indexes = [{ name: "a", key: { a: 1 } }];
    proxy.silence(true);
    const created = createIndexes(connection.db, [{ name: "large", indexes }]);
    created.catch(() => {});
    await pause(2_500);
    proxy.silence(false);
    await within("the index is there", created, 20_000);
  } finally {
    await connection.close();
  }
});

Deno.test({
  name: "openMongoStore limits the time without a response, unless the URI does",
  ignore: mongodb.missing,
  fn: async () => {
    const uri = mongodb.uri();
    const given = {
      serverSelectionTimeoutMS: 3_000,
      socketTimeoutMS: 7_000,
      connectTimeoutMS: 8_000,
    };
    const limitsOf = async (more: string) => {
      const limits: number[][] = [];
      const watchPool: WatchPool = ({ options }) => {
        const { serverSelectionTimeoutMS, socketTimeoutMS, connectTimeoutMS } = options;
        limits.push([serverSelectionTimeoutMS, socketTimeoutMS!, connectTimeoutMS]);
      };
      await (await openMongoStore({ uri: uri + more, watchPool })).close();
      return limits;
    };
    assert.deepEqual(await limitsOf(""), [[5_000, 20_000, 10_000]]);
    const more = Object.entries(given).map(([name, ms]) => `&${name}=${ms}`).join("");
    assert.deepEqual(await limitsOf(more), [Object.values(given)]);
  },
});

test(
  "a commit whose response was lost is announced once its head can be read",
  async (store, proxy) => {
    const { chat, members: [member] } = await storedChat(store, { members: [{}] });
    const commits: ChatCommit[] = [], heads: [string, number, number][] = [];
    const repair = new CommitRepair({
      store,
      log: SILENT,
      onHead: (...head) => heads.push(head),
      pauseMs: 10,
    });
    const writer = new ChatWriter(store, { now: Date.now }, {
      onUncertain: (chatId, after) => repair.check(chatId, after),
    });
    writer.onCommit((commit) => commits.push(commit));
    const lost = proxy.loseAnswerTo("commitTransaction");
    const write = writer.write(chat.id, (draft) => {
      draft.updateMember(draft.requireMember(member.userId), { role: "admin" });
    });
    const failure = assert.rejects(write, (error) => {
      return error instanceof AppError && error.code === "unavailable";
    });
    await lost;
    await failure;
    assert.deepEqual([commits, heads], [[], []]);
    proxy.refuse(false);
    await eventually("it is announced", () => heads.length > 0);
    assert.deepEqual(heads, [[chat.id, chat.rev + 1, chat.rev]]);
    await repair.close();
  },
);

test(
  "a repeated send after a lost response announces its message",
  async (store, proxy, direct) => {
    const { chat, members: [{ userId }] } = await storedChat(store, { members: [{}] });
    const heads: [string, number][] = [];
    const writer = new ChatWriter(store, { now: Date.now }, {
      onRepeat: (...head) => heads.push(head),
    });
    const message = aMessage(chat.id, 0, { senderId: userId });
    const send = () =>
      writer.write(
        chat.id,
        (draft) =>
          draft.sent(userId, message.clientId) ?? draft.insertMessage({ ...message, id: newId() }),
      );
    const lost = proxy.loseAnswerTo("commitTransaction");
    const failure = assert.rejects(send());
    await lost;
    await failure;
    proxy.refuse(false);
    assert.equal((await direct.chats.byId(chat.id))?.rev, chat.rev + 1, "it was written");
    const sent = await eventually("the repeat succeeds", () => send().catch(() => undefined));
    assert.equal(sent.rev, chat.rev + 1);
    assert.deepEqual(heads, [[chat.id, chat.rev + 1]]);
  },
);

test("a commit whose response is lost once is retried", async (store, proxy) => {
  const { chat, members: [{ userId }] } = await storedChat(store, { members: [{}] });
  const lost = proxy.loseAnswerTo("commitTransaction");
  const change = aChange(chat.rev, { ...chat, rev: chat.rev + 1 }, {
    members: [aMember(chat.id, { userId, rev: chat.rev + 1 })],
  });
  const outcome = store.chats.commit(change);
  await lost;
  proxy.refuse(false);
  assert.equal(await outcome, "committed");
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// The last test: the driver may wait a moment longer to repeat an abort that no caller waits for.
Deno.test({
  name:
    "a call to a database that no longer responds is unavailable in bounded time, and later ones succeed",
  ignore: mongodb.missing,
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withStore(async (_, proxy) => {
      const uri = new URL(mongodb.uri());
      uri.port = String(proxy.port);
      const store = await openMongoStore({
        uri: `${uri}&socketTimeoutMS=1500&connectTimeoutMS=1500`,
        retryMs: 200,
      });
      try {
        const calls = await callsOf(store);
        proxy.silence(true);
        await Promise.all(
          Object.entries(calls).map(([name, call]) => {
            const refused = assert.rejects(call(), { code: "unavailable" }, name);
            return within(`the ${name} is refused`, refused, 60_000);
          }),
        );
        proxy.silence(false);
        for (const [name, call] of Object.entries(calls)) {
          await eventually(`${name} works`, async () => {
            await call();
            return true;
          });
        }
      } finally {
        await store.close();
      }
    }),
});
