import assert from "node:assert/strict";
import type { HttpAnswer } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { type TestedStore, testedStores } from "../support/tested_stores.ts";

/** Responses to each step, with ids and times replaced by the order in which they appeared. */
type Transcript = { step: string; status: number; body: unknown }[];

const stores = testedStores();

Deno.test({
  name: "one script gets the same responses on both stores",
  ignore: stores.some(({ ignore }) => ignore),
  fn: async () => {
    const [sqlite, mongodb] = [await transcript(stores[0]), await transcript(stores[1])];
    assert.ok(sqlite.length > 50, `only ${sqlite.length} steps`);
    for (const [i, step] of sqlite.entries()) assert.deepEqual(mongodb[i], step, step.step);
    assert.equal(mongodb.length, sqlite.length);
    assert.deepEqual(sqlite.filter(({ status }) => status >= 500), []);
  },
});

async function transcript(store: TestedStore): Promise<Transcript> {
  await using app = await RunningApp.start(store.environment());
  const people = await app.people("ann", "bob", "eve", "dan");
  const steps: Transcript = [];
  const names = new Names();
  const as = (name: keyof typeof people) => {
    const http = app.client(people[name]);
    const ask = async (method: string, path: string, body?: unknown) => {
      const answer: HttpAnswer = await http.send(method, `/api${path}`, body);
      const step = names.replace(`${name} ${method} ${path} ${JSON.stringify(body) ?? ""}`);
      steps.push({ step, status: answer.status, body: names.replaceIn(answer.body) });
      return answer.body;
    };
    return {
      get: (path: string) => ask("GET", path),
      post: (path: string, body?: unknown) => ask("POST", path, body),
      put: (path: string, body?: unknown) => ask("PUT", path, body),
      delete: (path: string) => ask("DELETE", path),
    };
  };
  const { bob, eve, dan } = people;
  await script(as("ann"), as("bob"), as("eve"), { bob: bob.id, eve: eve.id, dan: dan.id });
  assert.deepEqual(app.log, []);
  return steps;
}

type Voice = Record<
  "get" | "post" | "put" | "delete",
  // deno-lint-ignore no-explicit-any -- answers of every kind
  (path: string, body?: unknown) => Promise<any>
>;

async function script(
  ann: Voice,
  bob: Voice,
  eve: Voice,
  ids: { bob: string; eve: string; dan: string },
): Promise<void> {
  await ann.get("/users/search?q=b");
  await ann.put("/users/profile", { displayName: "Ann Ä", bio: "Hello\nthere" });
  const direct = await ann.post("/chats", { userId: ids.bob });
  await bob.post("/chats", { userId: ids.bob });
  await bob.post("/messages", { chatId: direct.id, text: "Grüße", clientId: "1" });
  await bob.post("/messages", { chatId: direct.id, text: "Grüße", clientId: "1" });
  const group = await ann.post("/groups", { name: "  Team  ", memberIds: [ids.bob] });
  await ann.post(`/groups/${group.id}/members`, { userIds: [ids.eve, ids.dan] });
  await bob.post(`/groups/${group.id}/members`, { userIds: [ids.eve] });
  const sent = [];
  const texts = ["first 東京", "second", "third", "brûlée", "fifth @eve", "😀".repeat(10)];
  for (const text of texts) {
    sent.push(await ann.post("/messages", { chatId: group.id, text, mentions: [ids.eve] }));
  }
  await eve.post("/messages", { chatId: group.id, text: "yes", replyTo: sent[0].id });
  await eve.post("/messages", { chatId: group.id, text: "no", replyTo: direct.id });
  await bob.put(`/messages/${sent[1].id}`, { text: "not mine" });
  await ann.put(`/messages/${sent[1].id}`, { text: "second, edited" });
  for (const voice of [bob, eve, bob]) {
    await voice.post(`/messages/${sent[2].id}/react`, { emoji: "👍" });
  }
  await bob.post(`/messages/${sent[2].id}/react`, { emoji: "👍", remove: true });
  await bob.post(`/messages/${sent[2].id}/react`, { emoji: "word" });
  await eve.post("/messages/pin", { messageId: sent[3].id });
  await eve.post("/messages/pin", { messageId: sent[0].id });
  await eve.get(`/chats/${group.id}/pins`);
  await ann.delete(`/messages/${sent[4].id}`);
  await eve.put(`/messages/${sent[4].id}`, { text: "gone" });
  await bob.post(`/chats/${group.id}/read`, { seq: sent[2].seq });
  await bob.post(`/chats/${group.id}/read`, { seq: 1 });
  await eve.post(`/chats/${group.id}/delivered`, { seq: 1_000 });
  for (const voice of [ann, bob, eve]) {
    await voice.get("/chats");
    await voice.get("/chats?limit=1");
    await voice.get("/groups");
    await voice.post("/sync", { cursors: {} });
    await voice.post("/sync", { cursors: { [group.id]: sent[3].rev } });
    await voice.get(`/messages/${group.id}?limit=3`);
    await voice.get(`/messages/${group.id}?after=0&limit=4`);
    await voice.get(`/messages/${group.id}?before=${sent[3].seq}`);
    await voice.get(`/messages/${direct.id}`);
    await voice.get(`/chats/${group.id}/changes?after=${sent[5].rev}`);
    for (const q of ["brulee", "東京", "edi", "gone", "second+edited", "%F0%9F%98%80"]) {
      await voice.get(`/messages/search?q=${q}`);
    }
  }
  await ann.put(`/groups/${group.id}/admin`, { userId: ids.eve, role: "admin" });
  await eve.put(`/groups/${group.id}`, { name: "Renamed", description: "About" });
  await eve.delete(`/groups/${group.id}/members/${ids.dan}`);
  await bob.delete(`/groups/${group.id}/members/${ids.eve}`);
  await bob.post("/users/block", { userId: ids.eve });
  await eve.post("/chats", { userId: ids.bob });
  await eve.get("/users/search?q=bob");
  await bob.delete(`/groups/${group.id}/members/${ids.bob}`);
  await bob.get(`/messages/${group.id}`);
  await bob.get(`/chats/${group.id}/changes?after=0`);
  await bob.post("/sync", { cursors: { [group.id]: 0 } });
  await ann.get(`/groups/${group.id}`);
  await ann.get(`/chats/${group.id}/changes`);
}

/** Ids and times differ from run to run; their identity and order do not. */
class Names {
  readonly #names = new Map<string, string>();

  replace(text: string): string {
    return text.replaceAll(
      /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g,
      (id) => {
        if (!this.#names.has(id)) this.#names.set(id, `id${this.#names.size + 1}`);
        return this.#names.get(id)!;
      },
    );
  }

  replaceIn(body: unknown): unknown {
    const text = JSON.stringify(body)
      .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"a time"')
      .replaceAll(/"\d{13}~/g, '"a time~')
      .replaceAll(/"incarnation":"[0-9a-f]{32}"/g, '"incarnation":"a history"');
    return JSON.parse(this.replace(text));
  }
}
