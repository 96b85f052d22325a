import assert from "node:assert/strict";
import type { HttpAnswer } from "../support/http_client.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import type { Person } from "../support/people.ts";
import { flag } from "../support/pictures.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, download, upload } from "../support/uploads.ts";

const mongodb = sharedMongodb();

/** The same on both stores. */
function test(name: string, run: (app: RunningApp) => Promise<void>): void {
  const on = (environment: () => Record<string, string>) => async () => {
    await using app = await RunningApp.start(environment());
    await run(app);
    assert.deepEqual(app.log, []);
  };
  Deno.test(`${name} (SQLite)`, on(() => ({})));
  Deno.test({
    name: `${name} (MongoDB)`,
    ignore: mongodb.missing,
    fn: on(() => ({ MONGODB_URI: mongodb.uri() })),
  });
}

const WHO = ["uploader", "member", "blocked", "former", "stranger", "nobody"] as const;
type Who = typeof WHO[number];

/** Every route that names an upload, and what each person is answered. */
type Row = [
  about: string,
  ask: (app: RunningApp, person: Person | null, id: string) => Promise<HttpAnswer>,
  expected: Record<Who, number>,
];

const get = (query = "", headers: HeadersInit = {}): Row[1] => (app, person, id) =>
  download(app, person, id, headers, query);
const call = (method: string, path: string, init: RequestInit = {}): Row[1] => (app, person, id) =>
  bytesRequest(app, person, method, path.replace(":id", id), init);
const tus = { "tus-resumable": "1.0.0" };

const READ = { uploader: 200, member: 200, blocked: 200, former: 404, stranger: 404, nobody: 401 };
const OWN = { uploader: 200, member: 404, blocked: 404, former: 404, stranger: 404, nobody: 401 };

const ROUTES: Row[] = [
  ["download", get(), READ],
  ["thumbnail", get("?thumbnail"), READ],
  ["range", get("", { range: "bytes=0-9" }), { ...READ, uploader: 206, member: 206, blocked: 206 }],
  ["unchanged", get("", { "if-none-match": "*" }), {
    ...READ,
    ...{ uploader: 304, member: 304, blocked: 304 },
  }],
  ["head", call("HEAD", "/api/media/:id"), READ],
  ["info", call("GET", "/api/media/:id/info"), READ],
  ["link", call("POST", "/api/media/:id/link"), {
    ...READ,
    ...{ uploader: 201, member: 201, blocked: 201 },
  }],
  ["complete", call("POST", "/api/media/:id/complete"), OWN],
  ["tus state", call("HEAD", "/api/media/uploads/:id", { headers: tus }), OWN],
  [
    "tus append",
    call("PATCH", "/api/media/uploads/:id", {
      headers: { ...tus, "upload-offset": "0", "content-type": "application/offset+octet-stream" },
      body: "x",
    }),
    { ...OWN, uploader: 404 },
  ],
  ["tus terminate", call("DELETE", "/api/media/uploads/:id", { headers: tus }), {
    ...OWN,
    uploader: 404,
  }],
  // Last, for it takes the upload away.
  ["delete", call("DELETE", "/api/media/:id"), {
    ...{ nobody: 401, stranger: 404, former: 404, blocked: 403, member: 403, uploader: 204 },
  }],
];

test("who may do what with an upload, by every route", async (app) => {
  const people = await app.people("uploader", "member", "blocked", "former", "stranger");
  const uploader = app.client(people.uploader);
  const made = await upload(app, people.uploader, await flag(40, 30, ".png"));
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const memberIds = [people.member.id, people.blocked.id, people.former.id];
  const group = (await uploader.post("/api/groups", { name: "Team", memberIds })).body;
  const sent = await uploader.post("/api/messages", { chatId: group.id, mediaIds: [made.body.id] });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  assert.equal((await download(app, people.former, made.body.id)).status, 200);
  await uploader.delete(`/api/groups/${group.id}/members/${people.former.id}`);
  await uploader.post("/api/users/block", { userId: people.blocked.id });
  for (const [about, ask, expected] of ROUTES) {
    const order = about === "delete" ? WHO.toReversed() : WHO;
    for (const who of order) {
      const person = who === "nobody" ? null : people[who];
      const answer = await ask(app, person, made.body.id);
      assert.equal(answer.status, expected[who], `${about} as ${who}`);
    }
  }
});

test("what was not sent yet is its uploader's alone, and never anyone else's to send", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const { id } = (await upload(app, ann, "hello")).body;
  assert.equal((await download(app, ann, id)).status, 200);
  assert.equal((await download(app, bob, id)).status, 404);
  const stolen = await app.client(bob).post("/api/messages", {
    recipientId: ann.id,
    mediaIds: [id],
  });
  assert.equal(stolen.status, 404);
});

test("a link shows what its person may see, until it expires, and not when it was altered", async (app) => {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const { id } = (await upload(app, ann, await flag(40, 30, ".png"))).body;
  const group = (await app.client(ann).post("/api/groups", {
    name: "Team",
    memberIds: [bob.id],
  })).body;
  await app.client(ann).post("/api/messages", { chatId: group.id, mediaIds: [id] });
  const link = (await app.client(bob).post(`/api/media/${id}/link`)).body;
  assert(Date.parse(link.expiresAt) > Date.now());
  const open = (url: string) => bytesRequest(app, null, "GET", url);
  const shown = await open(link.url);
  assert.equal(shown.status, 200);
  assert.equal(shown.headers.get("cross-origin-resource-policy"), "cross-origin");
  const [, seconds] = shown.headers.get("cache-control")!.match(/^private, max-age=(\d+)$/)!;
  assert(Number(seconds) <= 20 * 60, "no longer than the link");
  assert.equal((await open(`${link.url}&thumbnail`)).status, 200);

  const other = (await upload(app, ann, "another")).body.id;
  const url = new URL(link.url, app.url);
  const altered = (name: string, value: string) => {
    const changed = new URL(url);
    changed.searchParams.set(name, value);
    return changed.href;
  };
  const { searchParams } = url;
  const later = String(Number(searchParams.get("expires")) + 3600);
  for (
    const bad of [
      altered("expires", later),
      altered("expires", "0"),
      altered("user", ann.id),
      altered("user", eve.id),
      altered("session", "x"),
      altered("signature", "AAAA"),
      altered("signature", ""),
      link.url.replace(id, other),
      `/api/media/${id}?user=${bob.id}`,
    ]
  ) assert.equal((await open(bad)).status, 403, bad);
  await app.client(ann).delete(`/api/groups/${group.id}/members/${bob.id}`);
  assert.equal((await open(link.url)).status, 404, "who has left sees nothing more");
});

test("a link ends with the session that it was made in, and no other", async (app) => {
  const { out, suspended, erased, other } = await app.people("out", "suspended", "erased", "other");
  const linkOf = async (person: Person): Promise<string> => {
    const { id } = (await upload(app, person, "hello")).body;
    return (await app.client(person).post(`/api/media/${id}/link`)).body.url;
  };
  const people = [out, suspended, erased, other];
  const links = await Promise.all(people.map(linkOf));
  const statuses = () =>
    Promise.all(links.map(async (url) => (await bytesRequest(app, null, "GET", url)).status));
  assert.deepEqual(await statuses(), [200, 200, 200, 200]);
  assert.equal((await app.client(out).post("/api/auth/logout")).status, 204);
  const store = await app.openStore();
  await store.sessions.end(suspended.sessionId, Date.now(), "suspended");
  await store.sessions.deleteAllOf(erased.id);
  await store.close();
  assert.deepEqual(await statuses(), [403, 403, 403, 200]);
});

test("pictures of people and groups are seen by everyone who is signed in", async (app) => {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const anns = app.client(ann);
  const png = await flag(40, 30, ".png");
  const [first, second, third, text] = [
    (await upload(app, ann, png)).body.id,
    (await upload(app, ann, png)).body.id,
    (await upload(app, ann, png)).body.id,
    (await upload(app, ann, "no picture")).body.id,
  ];
  const choose = (avatarMediaId: string | null, person = ann) =>
    app.client(person).put("/api/users/profile", { avatarMediaId });
  assert.equal((await choose(text)).status, 400);
  assert.equal((await choose(first, bob)).status, 404, "not one's own");
  assert.equal((await choose(first)).status, 200);
  assert.equal((await download(app, eve, first, {}, "?thumbnail")).status, 200);
  assert.equal((await choose(second)).status, 200);
  assert.equal((await download(app, eve, first)).status, 404);
  assert.equal((await download(app, eve, second)).status, 200);

  const group = (await anns.post("/api/groups", { name: "Team", memberIds: [bob.id] })).body;
  const picture = (avatarMediaId: string | null) =>
    anns.put(`/api/groups/${group.id}`, { avatarMediaId });
  assert.equal((await picture(text)).status, 400);
  // The first is nobody's picture any more, and goes: what is chosen must be there.
  assert.equal((await picture(third)).status, 200);
  assert.equal((await download(app, eve, third)).status, 200);
  assert.equal((await anns.delete(`/api/media/${third}`)).status, 204);
  const { avatarMediaId } = (await anns.get(`/api/groups/${group.id}`)).body;
  assert.equal(avatarMediaId, null);
  assert.equal((await anns.delete(`/api/media/${second}`)).status, 204);
  assert.equal((await anns.get("/api/users/profile")).body.avatarMediaId, null);
});

test("an encrypted chat's files are ciphertext, kept as they came", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const anns = app.client(ann);
  const chat = (await anns.post("/api/chats", { userId: bob.id, encrypted: true })).body;
  const plain = (await anns.post("/api/groups", { name: "Plain" })).body;
  // What looks like a picture is not touched either.
  const bytes = await flag(40, 30, ".png");
  for (const chatIdFirst of [true, false]) {
    const made = await upload(app, ann, bytes, { chatId: chat.id, chatIdFirst });
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const { type, kind, encrypted, hasThumbnail, id, width } = made.body;
    assert.deepEqual([type, kind, encrypted, hasThumbnail, width], [
      "application/octet-stream",
      "file",
      true,
      false,
      null,
    ]);
    const whole = await download(app, ann, id);
    assert.deepEqual(whole.body, bytes);
    assert.match(whole.headers.get("content-disposition")!, /^attachment/);
    const wrong = await anns.post("/api/messages", { chatId: plain.id, mediaIds: [id] });
    assert.deepEqual([wrong.status, wrong.body.code], [409, "conflict"]);
  }
  assert.equal((await upload(app, bob, bytes, { chatId: plain.id })).status, 404);
});
