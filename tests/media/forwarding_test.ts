import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import { flag } from "../support/pictures.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { download, upload } from "../support/uploads.ts";
import { WsClient } from "../support/ws_client.ts";

function test(name: string, run: (app: RunningApp) => Promise<void>): void {
  for (const store of testedStores()) {
    Deno.test({
      name: `${name} (${store.name})`,
      ignore: store.ignore,
      async fn() {
        await using app = await RunningApp.start({
          ...store.environment(),
          LIMIT_STORAGE_BYTES: String(1024 ** 2),
        });
        await run(app);
        assert.deepEqual(app.log, []);
      },
    });
  }
}

async function send(app: RunningApp, from: Person, to: Person, mediaIds: string[], text?: string) {
  return await app.client(from).post("/api/messages", { recipientId: to.id, mediaIds, text });
}

async function used(app: RunningApp, person: Person): Promise<number> {
  return (await app.client(person).get("/api/media/usage")).body.usedBytes;
}

test("a received file can be sent on, without a copy of its bytes", async (app) => {
  const { ann, bob, cem, eve } = await app.people("ann", "bob", "cem", "eve");
  const bytes = await flag(40, 30, ".png");
  const { body: original } = await upload(app, ann, bytes, { name: "cat.png" });
  assert.equal((await send(app, bob, cem, [original.id])).status, 404, "not seen yet");
  const first = (await send(app, ann, bob, [original.id])).body;
  assert.equal((await send(app, eve, cem, [original.id])).status, 404, "a stranger");

  const on = await send(app, bob, cem, [original.id]);
  assert.equal(on.status, 201, JSON.stringify(on.body));
  const [{ id, name, thumbHash }] = on.body.media;
  assert.deepEqual([name, thumbHash], [original.name, original.thumbHash]);
  const [theirs, thumbnail] = [
    await download(app, cem, id),
    await download(app, cem, id, {}, "?thumbnail"),
  ];
  assert.deepEqual([theirs.status, thumbnail.status], [200, 200]);
  assert.deepEqual(theirs.body, (await download(app, ann, original.id)).body);
  assert.equal((await download(app, cem, original.id)).status, 404, "the original is not theirs");
  assert.equal((await download(app, eve, id)).status, 404);

  const again = await send(app, bob, eve, [original.id, id]);
  assert.deepEqual(again.body.media.map((each: { id: string }) => each.id), [id], "once");
  assert.equal(await used(app, bob), original.size, "it counts once for each owner");
  assert.equal(await used(app, ann), original.size);
  assert.equal(await used(app, cem), 0);

  await app.client(ann).delete(`/api/messages/${first.id}`);
  const gone = await app.client(ann).delete(`/api/media/${original.id}`);
  assert.ok([204, 404].includes(gone.status), "or the sweeper was there first");
  assert.equal((await download(app, ann, original.id)).status, 404, "it is gone either way");
  assert.equal(await used(app, ann), 0);
  assert.equal((await download(app, cem, id)).status, 200, "the forwarded file stays");
  assert.equal((await send(app, cem, eve, [id])).status, 201, "and can be sent on");
  assert.equal((await app.client(bob).delete(`/api/media/${id}`)).status, 204);
  assert.equal((await download(app, cem, id)).status, 404);
  assert.equal(await used(app, bob), 0);
  assert.equal(await used(app, cem), original.size);
});

test("a forwarded file counts towards the sender's quota", async (app) => {
  const { ann, bob, cem } = await app.people("ann", "bob", "cem");
  const big = new Uint8Array(700_000).fill(1);
  const { body: original } = await upload(app, ann, big);
  await upload(app, bob, big);
  await send(app, ann, bob, [original.id]);
  const refused = await send(app, bob, cem, [original.id]);
  assert.deepEqual([refused.status, refused.body.code], [413, "quota_exceeded"]);
});

test("a message whose only file was deleted becomes a tombstone, live and in catch-up", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const { body: file } = await upload(app, ann, "hello");
  const { client: listener } = await WsClient.connect(app.webSocketUrl, bob.token);
  const empty = (await send(app, ann, bob, [file.id])).body;
  const captioned = (await send(app, ann, bob, [file.id], "see")).body;
  const { rev } = (await app.client(bob).get(`/api/chats/${empty.chatId}/changes?after=0`)).body;
  assert.equal((await app.client(ann).delete(`/api/media/${file.id}`)).status, 204);
  const { body } = await app.client(bob).get(`/api/chats/${empty.chatId}/changes?after=${rev}`);
  const rows = new Map<string, { deletedAt: string | null; text: string; media: unknown[] }>(
    body.messages.map((row: { id: string }) => [row.id, row]),
  );
  assert.notEqual(rows.get(empty.id)!.deletedAt, null);
  const { deletedAt, text, media } = rows.get(captioned.id)!;
  assert.deepEqual([deletedAt, text, media], [null, "see", []]);
  const received = () => listener.events.filter(({ event }) => event === "message.deleted");
  await eventually("the deletion is announced", () => received().length > 0);
  assert.deepEqual(received().map(({ data }) => (data as { id: string }).id), [empty.id]);
  await listener.close();
});
