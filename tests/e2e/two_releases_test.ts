import assert from "node:assert/strict";
import { DenokvServer } from "../support/denokv_server.ts";
import {
  EARLIER_RELEASE,
  extractEarlierRelease,
  hasEarlierRelease,
} from "../support/earlier_release.ts";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { MongodbServer } from "../support/mongodb_server.ts";
import { ServerProcess } from "../support/server_process.ts";
import { skipWithout } from "../support/skip.ts";
import { TempDir } from "../support/temp_dir.ts";
import { download, upload } from "../support/uploads.ts";
import { within } from "../support/within.ts";
import { WsClient } from "../support/ws_client.ts";

/**
 * A rolling deployment: the earlier release and this one as two instances on one database, with the
 * real programs. Where a clone lacks history the test does not exist, and only fixtures compare
 * what each release stores and signals (tests/store/releases_test.ts,
 * tests/store/rolling_rows_test.ts, tests/cluster/signal_codec_test.ts).
 */

const PASSWORD = "correct horse battery";

interface Member {
  id: string;
  name: string;
  token: string;
  at(server: ServerProcess): HttpClient;
}

interface Side {
  name: string;
  /** The release that makes a change, and the one that has to show it. */
  here: ServerProcess;
  there: ServerProcess;
  /** Sockets of members of the chat, one on each release. */
  sockets: WsClient[];
}

interface Talk {
  ann: Member;
  bob: Member;
  chatId: string;
}

async function register(server: ServerProcess, name: string): Promise<Member> {
  const input = { username: name, email: `${name}@example.org`, password: PASSWORD };
  const { status, body } = await new HttpClient(server.url).post("/api/auth/register", input);
  assert.equal(status, 201, JSON.stringify(body));
  const token = body.accessToken;
  return { id: body.user.id, name, token, at: ({ url }) => new HttpClient(url, token) };
}

/** Fails with the response body if the status is another one. */
async function ok(answer: ReturnType<HttpClient["get"]>, status = 200) {
  const { status: found, body } = await answer;
  assert.equal(found, status, JSON.stringify(body));
  return body;
}

/** Returns true if an event of any kind contained the text, or another identifier of a change. */
function hasReceived({ events }: WsClient, word: string, event = /./): boolean {
  return events.some((each) => event.test(each.event) && JSON.stringify(each).includes(word));
}

async function messagesCross({ name, here, there, sockets }: Side, talk: Talk): Promise<void> {
  const { ann, bob, chatId } = talk;
  const text = `sent at the ${name} release`;
  const { id } = await ok(ann.at(here).post("/api/messages", { chatId, text }), 201);
  for (const each of sockets) await eventually("it is received", () => hasReceived(each, text));
  await ok(bob.at(there).post(`/api/messages/${id}/react`, { emoji: "👍" }));
  const edited = `edited beside the ${name} release`;
  await ok(ann.at(there).put(`/api/messages/${id}`, { text: edited }));
  for (const each of sockets) {
    await eventually("the edit is received", () => hasReceived(each, edited));
  }
  for (const server of [here, there]) {
    const { items } = await ok(bob.at(server).get(`/api/messages/${chatId}?after=0`));
    const found = items.find((each: { id: string }) => each.id === id);
    assert.deepEqual([found.text, found.reactions[0].emoji], [edited, "👍"]);
  }
  const gone = await ok(ann.at(here).post("/api/messages", { chatId, text: "gone" }), 201);
  await ok(ann.at(there).delete(`/api/messages/${gone.id}`), 204);
  for (const each of sockets) {
    const deletion = /^(message\.deleted|chat\.changes)$/;
    await eventually("the deletion is received", () => hasReceived(each, gone.id, deletion));
  }
}

/** Typing uses the broker alone, and a receipt uses both broker and database. */
async function signalsCross({ here, there, sockets }: Side, talk: Talk): Promise<void> {
  const { ann, bob, chatId } = talk;
  await using typist = (await WsClient.connect(here.webSocketUrl, bob.token)).client;
  for (const each of sockets) each.events.length = 0;
  for (const [word, typing] of [["start", true], ["stop", false]] as const) {
    assert.ok((await typist.command(`typing.${word}`, { chatId })).ok);
    for (const each of sockets) {
      await eventually(word, () => hasReceived(each, `"typing":${typing}`, /^typing$/));
    }
  }
  const { seq } = await ok(ann.at(there).post("/api/messages", { chatId, text: "read me" }), 201);
  await ok(bob.at(here).post(`/api/chats/${chatId}/read`, { seq }));
  for (const each of sockets) {
    await eventually("the receipt is received", () => hasReceived(each, bob.id, /^receipt/));
  }
}

/** A session of one release is valid on the other, and ends on both. */
async function sessionsCross({ here, there }: Side, { bob }: Talk): Promise<void> {
  const credentials = { identifier: bob.name, password: PASSWORD };
  const session = await ok(new HttpClient(here.url).post("/api/auth/login", credentials));
  const { refreshToken } = session;
  const renewed = await ok(
    new HttpClient(there.url).post("/api/auth/refresh-token", { refreshToken }),
  );
  const { client } = await WsClient.connect(there.webSocketUrl, renewed.accessToken);
  await ok(new HttpClient(here.url, renewed.accessToken).post("/api/auth/logout", {}), 204);
  assert.equal((await within("the socket is closed", client.closed)).code, 4001);
}

async function filesAndGroupsCross({ name, here, there }: Side, talk: Talk): Promise<void> {
  const { ann, bob, chatId } = talk;
  const file = await upload(here, ann, `bytes of the ${name} release`, { name: "a.txt" });
  assert.equal(file.status, 201, JSON.stringify(file.body));
  const mediaIds = [file.body.id];
  await ok(ann.at(there).post("/api/messages", { chatId, mediaIds }), 201);
  for (const server of [here, there]) {
    assert.equal((await download(server, bob, file.body.id)).status, 200);
  }
  const group = await ok(ann.at(here).post("/api/groups", { name, memberIds: [bob.id] }), 201);
  const members = `/api/groups/${group.id}`;
  await ok(ann.at(there).put(`${members}/admin`, { userId: bob.id, role: "admin" }));
  await ok(ann.at(here).delete(`${members}/members/${ann.id}`), 204);
  const { members: left } = await ok(bob.at(there).get(members));
  assert.deepEqual(left.map((each: { role: string }) => each.role), ["owner"]);
}

async function startBoth(stack: AsyncDisposableStack) {
  const mongodb = stack.use(await MongodbServer.start());
  const denokv = stack.use(await DenokvServer.start());
  const folder = stack.use(await TempDir.make("releases"));
  const root = folder.join("earlier");
  await Deno.mkdir(root);
  await extractEarlierRelease(root);
  const env = {
    ...denokv.env,
    NODE_ENV: "test",
    LOG_LEVEL: "warn",
    MONGODB_URI: mongodb.uri("releases"),
    DATA_DIR: folder.join("data"),
    JWT_SECRET: "the-access-secret-of-the-tests-is-long-enough",
    JWT_REFRESH_SECRET: "the-refresh-secret-of-the-tests-is-long-enough",
  };
  const startEarlier = async () => stack.use(await ServerProcess.start({ env, root }));
  const startCurrent = async () => stack.use(await ServerProcess.start({ env }));
  return { startEarlier, startCurrent };
}

function assertQuiet({ log }: ServerProcess): void {
  const faults = log.split("\n").filter((line) => /"level":"(warn|error)"/.test(line));
  assert.deepEqual(faults.filter((line) => !line.includes("SMTP_URL is not set")), []);
}

if (await hasEarlierRelease()) {
  Deno.test({
    name: `release ${
      EARLIER_RELEASE.slice(0, 7)
    } and this one serve side by side, and one goes back`,
    ignore: skipWithout("mongodb", "denokv"),
    fn: async (t) => {
      await using stack = new AsyncDisposableStack();
      const { startEarlier, startCurrent } = await startBoth(stack);
      const earlier = await startEarlier();
      const [ann, bob] = [await register(earlier, "ann"), await register(earlier, "bob")];
      const { id: chatId } = await ok(
        ann.at(earlier).post("/api/groups", { name: "Both", memberIds: [bob.id] }),
        201,
      );
      const left = stack.use((await WsClient.connect(earlier.webSocketUrl, ann.token)).client);
      const current = await startCurrent();
      const right = stack.use((await WsClient.connect(current.webSocketUrl, ann.token)).client);
      const talk = { ann, bob, chatId };
      const sides: Side[] = [
        { name: "earlier", here: earlier, there: current, sockets: [left, right] },
        { name: "current", here: current, there: earlier, sockets: [left, right] },
      ];
      for (const side of sides) {
        await t.step(`messages (${side.name})`, () => messagesCross(side, talk));
        await t.step(`typing, receipts (${side.name})`, () => signalsCross(side, talk));
        await t.step(`sessions (${side.name})`, () => sessionsCross(side, talk));
        await t.step(`files, groups (${side.name})`, () => filesAndGroupsCross(side, talk));
      }
      await t.step("the earlier release starts again on the data of the current one", async () => {
        await earlier.kill();
        const { id } = await ok(ann.at(current).post("/api/messages", { chatId, text: "x" }), 201);
        await current.kill();
        const again = await startEarlier();
        const { items } = await ok(bob.at(again).get(`/api/messages/${chatId}?after=0`));
        assert.ok(items.some((each: { id: string }) => each.id === id));
        for (const server of [earlier, current, again]) assertQuiet(server);
      });
    },
  });
} else {
  console.warn("The earlier release is not in this clone's history: it is not run beside this one");
}
