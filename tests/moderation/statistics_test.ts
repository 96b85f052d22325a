import assert from "node:assert/strict";
import { attacks, REST } from "../security/attacks.ts";
import { backendOf } from "../support/api_keys.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { asAdmin } from "./administrators.ts";

const test = attacks();
const DAY = 86_400_000;

const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);

test(REST, "statistics count by day who was active and what was sent", async (app) => {
  const { root: chief, ann, bob, mallory } = await app.people("root", "ann", "bob", "mallory");
  const root = await asAdmin(app, chief);
  const today = dayOf(app.clock.now());
  const path = `/api/admin/statistics?from=${today}&to=${today}`;
  const day = async (query = path) => (await root.get(query)).body.days.at(-1);
  const form = new FormData();
  form.set("file", new File(["0123456789"], "a.txt"));
  const file = await app.client(ann).post("/api/media/upload", undefined, { body: form });
  const sent = await app.client(ann).post("/api/messages", {
    recipientId: bob.id,
    text: "Hi",
    mediaIds: [file.body.id],
  });
  assert.equal(sent.status, 201, JSON.stringify(sent.body));
  const again = { recipientId: bob.id, text: "Again", clientId: "once" };
  for (let i = 0; i < 3; i++) await app.client(ann).post("/api/messages", again);
  await app.client(ann).post("/api/groups", { name: "G" });
  const key = await backendOf(app);
  await key.in(bob.id).get("/api/users/profile");
  const found = await day();
  assert.deepEqual(
    [found.day, found.messages, found.files, found.fileBytes, found.chats],
    [today, 2, 1, 10, 2],
  );
  assert.equal(found.peopleActive, 2, "the administrator and Ann: a key is no person");
  const account = {
    username: "carl",
    email: "carl@example.org",
    password: "correct horse battery",
  };
  const registered = await app.client().post("/api/auth/register", account);
  assert.equal(registered.status, 201, JSON.stringify(registered.body));
  const later = await day();
  assert.deepEqual([later.peopleActive, later.peopleNew], [2, 1]);
  const { totals } = (await root.get(path)).body;
  assert.ok(totals.people >= 4 && totals.chats === 2 && totals.storageBytes === 10);

  const all = (await root.get("/api/admin/statistics")).body.days;
  assert.deepEqual([all.length, all[29].day], [30, today]);
  assert.equal(all[0].messages, 0);
  for (const query of [`from=${today}&to=2020-01-01`, "from=2020-01-01&to=2026-01-01", "to=soon"]) {
    const { body } = await root.get(`/api/admin/statistics?${query}`);
    assert.equal(body.code, "invalid_request", query);
  }
  assert.equal((await app.client(mallory).get(path)).status, 403);
  const limited = await backendOf(app, { scopes: ["moderation", "moderation:read"] });
  assert.equal((await limited.get(path)).status, 403);
  assert.equal((await key.get(path)).status, 200);
  assert.deepEqual(app.log, []);
});

test(REST, "a drain writes what was counted", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  await app.client(ann).post("/api/messages", { recipientId: bob.id, text: "Hi" });
  await app.app.drain();
  const store = await app.openStore();
  const today = dayOf(app.clock.now());
  const [row] = await store.statistics.days(dayOf(app.clock.now() - DAY), today);
  await store.close();
  assert.deepEqual([row.messages, row.peopleActive], [1, 1]);
});

/** A server whose intervals are at most this long, so that a test need not wait for them. */
async function startWithIntervalsOf(longestMs: number): Promise<RunningApp> {
  const { setInterval } = globalThis;
  const shortened = (work: () => void, ms?: number) =>
    setInterval(work, Math.min(ms ?? 0, longestMs));
  globalThis.setInterval = Object.assign(shortened, setInterval);
  try {
    return await RunningApp.start();
  } finally {
    globalThis.setInterval = setInterval;
  }
}

Deno.test("a running server writes what was counted, for the others and for a crash", async () => {
  await using app = await startWithIntervalsOf(50);
  const { ann, bob } = await app.people("ann", "bob");
  await app.client(ann).post("/api/messages", { recipientId: bob.id, text: "Hi" });
  const store = await app.openStore();
  try {
    await eventually("the figures are written", async () => {
      const now = app.clock.now();
      const days = await store.statistics.days(dayOf(now - DAY), dayOf(now));
      return days.some(({ messages, peopleActive }) => messages === 1 && peopleActive === 1);
    });
  } finally {
    await store.close();
  }
});
