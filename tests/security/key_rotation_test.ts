import assert from "node:assert/strict";
import { RunningApp } from "../support/running_app.ts";
import { download, upload } from "../support/uploads.ts";

Deno.test("a link to a file and a call outlive a change of the key, while the former is given", async () => {
  await using before = await RunningApp.start({
    TURN_URLS: "turns:turn.example.com:5349",
    TURN_SECRET: "the-shared-secret",
  });
  const { ann, bob } = await before.people("ann", "bob");
  const { body: file } = await upload(before, ann, "The quick brown fox", { name: "fox.txt" });
  const { body: link } = await before.client(ann).post(`/api/media/${file.id}/link`);
  const memberIds = [bob.id];
  const group = await before.client(ann).post("/api/groups", { name: "Kites", memberIds });
  const path = `/api/chats/${group.body.id}/calls`;
  const { call } = (await before.client(bob).post(path, {})).body;
  const encryptionKey = new Uint8Array(32).fill(7);
  const query = new URL(link.url, before.url).search;

  await using forgot = await before.beside({ encryptionKey, formerEncryptionKeys: [] });
  assert.equal((await download(forgot, null, file.id, {}, query)).status, 403);
  assert.equal((await forgot.client(bob).post(`${path}/end`, { call })).status, 403);

  const formerEncryptionKeys = [before.config.encryptionKey];
  await using rotated = await before.beside({ encryptionKey, formerEncryptionKeys });
  assert.equal((await download(rotated, null, file.id, {}, query)).status, 200);
  assert.equal((await rotated.client(bob).post(`${path}/end`, { call })).status, 204);
  const { body: newer } = await rotated.client(ann).post(`/api/media/${file.id}/link`);
  assert.notEqual(newer.url, link.url, "made with the new key");
  const newQuery = new URL(newer.url, before.url).search;
  assert.equal((await download(forgot, null, file.id, {}, newQuery)).status, 200);
});
