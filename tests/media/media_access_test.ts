import assert from "node:assert/strict";
import type { HttpAnswer } from "../support/http_client.ts";
import { sharedMongodb } from "../support/mongodb_server.ts";
import type { Person } from "../support/people.ts";
import { flag } from "../support/pictures.ts";
import { RunningApp } from "../support/running_app.ts";
import { bytesRequest, download, upload } from "../support/uploads.ts";

const mongodb = sharedMongodb();

/** Runs the test on both stores. */
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

const ROLES = ["uploader", "member", "blocked", "former", "stranger", "anonymous"] as const;
type Role = typeof ROLES[number];

/** Every route that names an upload, and the status that each user gets. */
type Row = [
  label: string,
  ask: (app: RunningApp, person: Person | null, id: string) => Promise<HttpAnswer>,
  expected: Record<Role, number>,
];

const get = (query = "", headers: HeadersInit = {}): Row[1] => (app, person, id) =>
  download(app, person, id, headers, query);
const call = (method: string, path: string, init: RequestInit = {}): Row[1] => (app, person, id) =>
  bytesRequest(app, person, method, path.replace(":id", id), init);
const tus = { "tus-resumable": "1.0.0" };

const READ = {
  uploader: 200,
  member: 200,
  blocked: 200,
  former: 404,
  stranger: 404,
  anonymous: 401,
};
const OWN = {
  uploader: 200,
  member: 404,
  blocked: 404,
  former: 404,
  stranger: 404,
  anonymous: 401,
};

const ROUTES: Row[] = [
  ["download", get(), READ],
  ["thumbnail", get("?thumbnail"), READ],
  ["range", get("", { range: "bytes=0-9" }), { ...READ, uploader: 206, member: 206, blocked: 206 }],
  ["unchanged", get("", { "if-none-match": "*" }), {
    ...READ,
    uploader: 304,
    member: 304,
    blocked: 304,
  }],
  ["head", call("HEAD", "/api/media/:id"), READ],
  ["info", call("GET", "/api/media/:id/info"), READ],
  ["link", call("POST", "/api/media/:id/link"), {
    ...READ,
    uploader: 201,
    member: 201,
    blocked: 201,
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
  // Last, because it deletes the upload.
  ["delete", call("DELETE", "/api/media/:id"), {
    anonymous: 401,
    stranger: 404,
    former: 404,
    blocked: 403,
    member: 403,
    uploader: 204,
  }],
];

test("access to an upload is checked by every route", async (app) => {
  const people = await app.people("uploader", "member", "blocked", "former", "stranger");
  const uploader = app.client(people.uploader);
  const created = await upload(app, people.uploader, await flag(40, 30, ".png"));
  assert.equal(created.status, 201, JSON.stringify(created.body));
  const memberIds = [people.member.id, people.blocked.id, people.former.id];
  const group = (await uploader.post("/api/groups", { name: "Team", memberIds })).body;
  const sent = await uploader.post("/api/messages", {
    chatId: group.id,
    mediaIds: [created.body.id],
  });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  assert.equal((await download(app, people.former, created.body.id)).status, 200);
  await uploader.delete(`/api/groups/${group.id}/members/${people.former.id}`);
  await uploader.post("/api/users/block", { userId: people.blocked.id });
  for (const [label, ask, expected] of ROUTES) {
    const order = label === "delete" ? ROLES.toReversed() : ROLES;
    for (const role of order) {
      const person = role === "anonymous" ? null : people[role];
      const answer = await ask(app, person, created.body.id);
      assert.equal(answer.status, expected[role], `${label} as ${role}`);
    }
  }
});

test("an unsent upload is visible only to its owner, and cannot be sent by others", async (app) => {
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

test("a link shows what its user may see, until it expires or was altered", async (app) => {
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
  assert.equal((await open(link.url)).status, 404, "former members see nothing more");
});

test("a link ends with its session, and with no other", async (app) => {
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

test("avatars of users and groups are visible to all signed-in users", async (app) => {
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
  assert.equal((await choose(first, bob)).status, 404, "another user's upload");
  assert.equal((await choose(first)).status, 200);
  assert.equal((await download(app, eve, first, {}, "?thumbnail")).status, 200);
  assert.equal((await choose(second)).status, 200);
  assert.equal((await download(app, eve, first)).status, 404);
  assert.equal((await download(app, eve, second)).status, 200);

  const group = (await anns.post("/api/groups", { name: "Team", memberIds: [bob.id] })).body;
  const picture = (avatarMediaId: string | null) =>
    anns.put(`/api/groups/${group.id}`, { avatarMediaId });
  assert.equal((await picture(text)).status, 400);
  // The first is no longer an avatar and is deleted: an avatar must exist.
  assert.equal((await picture(third)).status, 200);
  assert.equal((await download(app, eve, third)).status, 200);
  assert.equal((await anns.delete(`/api/media/${third}`)).status, 204);
  const { avatarMediaId } = (await anns.get(`/api/groups/${group.id}`)).body;
  assert.equal(avatarMediaId, null);
  assert.equal((await anns.delete(`/api/media/${second}`)).status, 204);
  assert.equal((await anns.get("/api/users/profile")).body.avatarMediaId, null);
});

test("files of an encrypted chat are stored unchanged as ciphertext", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const anns = app.client(ann);
  const chat = (await anns.post("/api/chats", { userId: bob.id, encrypted: true })).body;
  const plain = (await anns.post("/api/groups", { name: "Plain" })).body;
  // Bytes that look like an image are not changed either.
  const bytes = await flag(40, 30, ".png");
  for (const chatIdFirst of [true, false]) {
    const created = await upload(app, ann, bytes, { chatId: chat.id, chatIdFirst });
    assert.equal(created.status, 201, JSON.stringify(created.body));
    const { type, kind, encrypted, hasThumbnail, id, width } = created.body;
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
