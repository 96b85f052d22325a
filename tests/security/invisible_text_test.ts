import assert from "node:assert/strict";
import { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";

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
