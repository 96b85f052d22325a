import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { upload } from "../support/uploads.ts";

function test(name: string, run: (app: RunningApp) => Promise<void>): void {
  for (const store of testedStores()) {
    Deno.test({
      name: `${name} (${store.name})`,
      ignore: store.ignore,
      async fn() {
        await using app = await RunningApp.start(store.environment());
        await run(app);
        assert.deepEqual(app.log, []);
      },
    });
  }
}

test("an edit adds and drops mentions, and notifies the newly mentioned", async (app) => {
  const { ann, bob, cem, eve } = await app.people("ann", "bob", "cem", "eve");
  const anns = app.client(ann);
  const group = { name: "Team", memberIds: [bob.id, cem.id] };
  const { id: chatId } = (await anns.post("/api/groups", group)).body;
  const { id } =
    (await anns.post("/api/messages", { chatId, text: "@bob", mentions: [bob.id] })).body;
  const edit = (text: string, mentions?: string[]) =>
    anns.put(`/api/messages/${id}`, { text, mentions });
  assert.deepEqual((await edit("@bob!")).body.mentions, [bob.id], "unsaid, they stay");
  const { body } = await edit("@cem", [cem.id]);
  assert.deepEqual([body.text, body.mentions], ["@cem", [cem.id]]);
  const mentionsOf = async (person: typeof cem) => {
    const { items } = (await app.client(person).get("/api/notifications")).body;
    return items.filter((item: { kind: string }) => item.kind === "mention");
  };
  await eventually("cem is notified", async () => (await mentionsOf(cem)).length > 0);
  const [notification] = await mentionsOf(cem);
  assert.deepEqual([notification.messageId, notification.actorId], [id, ann.id]);
  assert.deepEqual((await edit("nobody", [])).body.mentions, []);
  await eventually("it is withdrawn", async () => (await mentionsOf(cem)).length === 0);
  const refused = await edit("@eve", [eve.id]);
  assert.deepEqual([refused.status, refused.body.code], [400, "invalid_request"]);
});

test("a mention of a member who has just left does not refuse the message", async (app) => {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const anns = app.client(ann);
  const group = { name: "Team", memberIds: [bob.id] };
  const { id: chatId } = (await anns.post("/api/groups", group)).body;
  await anns.delete(`/api/groups/${chatId}/members/${bob.id}`);
  const send = (mentions: string[]) => anns.post("/api/messages", { chatId, text: "@", mentions });
  const sent = await send([bob.id, ann.id]);
  assert.deepEqual([sent.status, sent.body.mentions], [201, [ann.id]]);
  assert.equal(
    (await send([eve.id])).status,
    400,
    "mentioning a person who was never a member is the client's fault",
  );
  const edited = await anns.put(`/api/messages/${sent.body.id}`, { text: "b", mentions: [bob.id] });
  assert.deepEqual([edited.status, edited.body.mentions], [200, []]);
});

test("the caption of a file can be removed by an edit, the text of a plain message not", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const anns = app.client(ann);
  const { id: fileId } = (await upload(app, ann, "hello")).body;
  const sent = await anns.post("/api/messages", {
    recipientId: bob.id,
    text: "wrong",
    mediaIds: [fileId],
  });
  const edited = await anns.put(`/api/messages/${sent.body.id}`, { text: "" });
  assert.deepEqual([edited.status, edited.body.text, edited.body.media.length], [200, "", 1]);
  const plain = (await anns.post("/api/messages", { recipientId: bob.id, text: "text" })).body;
  for (const text of ["", " \n"]) {
    const refused = await anns.put(`/api/messages/${plain.id}`, { text });
    assert.deepEqual([refused.status, refused.body.errors[0].path], [400, "text"]);
  }
});
