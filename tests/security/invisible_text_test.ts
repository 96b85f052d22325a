import assert from "node:assert/strict";
import { nameOf } from "../../src/import/conversion.ts";
import { parseLine } from "../../src/import/lines.ts";
import { asAdmin } from "../moderation/administrators.ts";
import { backendOf } from "../support/api_keys.ts";
import type { HttpAnswer } from "../support/http_client.ts";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";
import { attacks, REST } from "./attacks.ts";

/** No displayed name or title may be invisible, or change the direction of the text next to it. */
const INVISIBLE = ["\u200b", "\u2060", "\u2800", "\u3164", "\u00a0", "\u{e0020}", "\n\u200b\n"];

Deno.test("names, titles and messages without visible characters are refused", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  const chat = (await http.post("/api/chats", { userId: bob.id })).body;
  const sent = (await http.post("/api/messages", { chatId: chat.id, text: "seen" })).body;
  const { client } = await WsClient.connect(app.webSocketUrl, ann.token);
  await using _client = client;
  for (const text of INVISIBLE) {
    const attempts = {
      message: http.post("/api/messages", { chatId: chat.id, text }),
      edit: http.put(`/api/messages/${sent.id}`, { text }),
      name: http.put("/api/users/profile", { displayName: text }),
      group: http.post("/api/groups", { name: text }),
    };
    for (const [what, attempt] of Object.entries(attempts)) {
      const { status, body } = await attempt;
      assert.deepEqual([status, body.code], [400, "invalid_request"], `${what} ${escape(text)}`);
    }
    const reply = await client.command("message.send", { chatId: chat.id, text });
    assert.equal(reply.error?.code, "invalid_request", escape(text));
  }
});

Deno.test("optional texts without visible characters are stored as empty", async () => {
  await using app = await RunningApp.start();
  const http = app.client((await app.people("ann")).ann);
  for (const text of INVISIBLE) {
    const profile = await http.put("/api/users/profile", { bio: text });
    assert.deepEqual([profile.status, profile.body.bio], [200, ""], escape(text));
    const group = await http.post("/api/groups", { name: "Group", description: text });
    assert.deepEqual([group.status, group.body.description], [201, ""], escape(text));
  }
});

Deno.test("names and titles lose characters that change the text direction", async () => {
  await using app = await RunningApp.start();
  const http = app.client((await app.people("ann")).ann);
  for (const control of ["\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068"]) {
    const name = `Pay${control}gpj.exe`;
    const profile = await http.put("/api/users/profile", { displayName: name });
    assert.equal(profile.body.displayName, "Paygpj.exe");
    assert.equal((await http.post("/api/groups", { name })).body.name, "Paygpj.exe");
  }
});

const attack = attacks();

attack(REST, "no name is a stack of marks, and none hides a text in tags", async (app) => {
  const { root, ann } = await app.people("root", "ann");
  const [chief, http] = [await asAdmin(app, root), app.client(ann)];
  const backend = await backendOf(app);
  const { body: group } = await http.post("/api/groups", { name: "Group" });
  let made = 0;
  const doors: Record<string, (name: string) => Promise<HttpAnswer>> = {
    profile: (displayName) => http.put("/api/users/profile", { displayName }),
    group: (name) => http.post("/api/groups", { name }),
    "a group's new name": (name) => http.put(`/api/groups/${group.id}`, { name }),
    bot: (name) => chief.post("/api/admin/bots", { name, username: `bot-${made++}` }),
    webhook: (name) => http.post(`/api/chats/${group.id}/incoming-webhooks`, { name }),
    "own user": (name) => backend.put(`/api/server/users/id-${made++}`, { name }),
    registration: (displayName) => {
      const account = { username: `new-${made}`, email: `new-${made++}@example.org` };
      const password = "correct horse battery";
      return app.client().post("/api/auth/register", { ...account, password, displayName });
    },
  };
  for (const [door, take] of Object.entries(doors)) {
    const { status, body } = await take(`Z${"\u0336\u0321\u0310".repeat(9)}algo`);
    assert.deepEqual([status, body.code], [400, "invalid_request"], door);
    assert.match(body.detail, /must have at most 4 accents, or 8 marks, on one character$/, door);
    const tagged = await take(`Ann\u{e0061}\u{e0064}\u{e006d}`);
    assert.ok(tagged.status < 300, `${door}: ${JSON.stringify(tagged.body)}`);
    assert.doesNotMatch(JSON.stringify(tagged.body), /[\u{e0000}-\u{e007f}]/u, door);
    const vietnamese = await take("Nguyễn".normalize("NFD"));
    assert.ok(vietnamese.status < 300, `${door}: ${JSON.stringify(vietnamese.body)}`);
  }
});

Deno.test("an imported name is no stack of marks either", () => {
  const name = `Z${"\u0336".repeat(9)}`;
  const lineOf = (fields: object) => JSON.stringify({ externalId: "1", ...fields });
  assert.throws(() => parseLine(lineOf({ type: "person", name })), { code: "invalid_request" });
  assert.equal(nameOf(`${name}algo`), `Z${"\u0336".repeat(4)}algo`, "a converter makes it fit");
});
