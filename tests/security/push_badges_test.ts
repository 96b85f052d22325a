import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import type { Store } from "../../src/store/store.ts";
import {
  aChange,
  aChat,
  aMember,
  aMessage,
  aPushDevice,
  aSession,
  aUser,
} from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { openStoreOf, type Person, seedPeople } from "../support/people.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testConfig, testEnvironment } from "../support/test_config.ts";

/** CPU time of the thread in milliseconds, so that other processes cannot make a turn longer. */
const MAX_TURN_MS = 50;
const PEOPLE = 250;
const CHATS = 20;

Deno.test("badges for 250 away users in 20 chats do not block the event loop", async () => {
  await using folder = await TempDir.make("push_badges");
  const config = testConfig(folder.join("data"));
  const { ann } = await seedPeople(config, ["ann"]);
  const store = await openStoreOf(config);
  const chatId = await seed(store, ann);
  await store.close();
  await using server = await ServerProcess.start({
    env: { ...testEnvironment(), DATA_DIR: config.dataDir },
  });
  const http = new HttpClient(server.url, ann.token);
  // Code that the first push of each kind compiles counts as startup.
  for (const text of ["first", "second"]) {
    const before = await delivered(http);
    const sent = await http.post("/api/messages", { chatId, text });
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    const all = async () => await delivered(http) >= before + PEOPLE;
    await eventually("all have their push", all, { within: 60_000, every: 200 });
  }
  const longest = await metric(http, /^realtimechat_event_loop_longest_turn_seconds (\S+)$/m);
  assert(longest * 1_000 <= MAX_TURN_MS, `the longest turn was ${longest * 1_000} ms`);
});

/** Everyone is in every chat, and has an unread message in each. Returns one of the chats. */
async function seed(store: Store, ann: Person): Promise<string> {
  const users = Array.from({ length: PEOPLE }, () => aUser());
  await Promise.all(users.map(async (user) => {
    const far = Date.now() + 3_600_000;
    const session = aSession({ userId: user.id, expiresAt: far });
    await store.users.create(user);
    await store.sessions.create(session);
    await store.pushDevices.put(aPushDevice({ userId: user.id, sessionId: session.id }), Infinity);
  }));
  const chats = Array.from(
    { length: CHATS },
    () => aChat({ rev: 3, lastSeq: 3, memberCount: PEOPLE + 1 }),
  );
  for (const chat of chats) {
    const members = [ann.id, ...users.map(({ id }) => id)].map((userId) =>
      aMember(chat.id, { userId })
    );
    const inserted = [2, 3].map((seq) =>
      aMessage(chat.id, seq, { senderId: ann.id, clientId: newId() })
    );
    await store.chats.commit(aChange(0, chat, { members, inserted }));
  }
  return chats[0].id;
}

function delivered(http: HttpClient): Promise<number> {
  return metric(http, /^realtimechat_pushes_total\{outcome="delivered"\} (\d+)$/m);
}

async function metric(http: HttpClient, pattern: RegExp): Promise<number> {
  const { body } = await http.get("/metrics");
  return Number(pattern.exec(body)?.[1] ?? 0);
}
