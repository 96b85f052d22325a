/** Messages of MLS that are as long as they may be, which members of encrypted groups choose. */
import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { aChange, aChat, aMember, T0 } from "../contract/store/rows.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

/** Characters of a Commit or a Welcome of the maximum size. */
const LONG = 1024 * 1024;
const COUNT = 30;

/** Stores Commits of an encrypted group, each with a Welcome for one device of the person. */
async function longGroup(app: RunningApp, { id: userId }: Person, length: number) {
  const store = await app.openStore();
  const device = { id: newId(), userId, name: "T", signatureKey: newId(), createdAt: T0 };
  await store.devices.create(device, Infinity);
  const chat = aChat({ encrypted: true, epoch: 0 });
  const members = [aMember(chat.id, { userId })];
  await store.chats.commit(aChange(0, { ...chat, rev: 1 }, { members }));
  const message = "A".repeat(length);
  for (let epoch = 0; epoch < COUNT; epoch++) {
    const rev = epoch + 2;
    const shared = { chatId: chat.id, generation: 0, createdAt: T0 };
    const commits = [{ ...shared, senderId: userId, clientId: newId(), rev, epoch, message }];
    const groupInfo = { chatId: chat.id, generation: 0, epoch: epoch + 1, groupInfo: "AA" };
    const welcomes = [
      { ...shared, id: newId(), userId, deviceId: device.id, rev, epoch: epoch + 1, message },
    ];
    const mls = { commits, groupInfo, welcomes };
    await store.chats.commit(aChange(rev - 1, { ...chat, rev, epoch: epoch + 1 }, { mls }));
  }
  await store.close();
  return { chatId: chat.id, deviceId: device.id };
}

for (const [size, length, onPage] of [["long", LONG, 4], ["short", 100, COUNT]] as const) {
  attack(
    REST,
    `pages of ${size} Welcomes and Commits are bounded, and lead to the end`,
    async (app) => {
      const { ann } = await app.people("ann");
      const { chatId, deviceId } = await longGroup(app, ann, length);
      const http = app.client(ann);

      const revs: number[] = [];
      for (let query = "?limit=100";;) {
        const { body } = await http.get(`/api/chats/${chatId}/mls/commits${query}`);
        assert.ok(body.items.length > 0 && body.items.length <= onPage, `${body.items.length}`);
        revs.push(...body.items.map(({ rev }: { rev: number }) => rev));
        if (body.next === null) break;
        query = `?limit=100&cursor=${body.next}`;
      }
      assert.deepEqual(revs, Array.from({ length: COUNT }, (_, i) => i + 2));

      const path = `/api/devices/${deviceId}/welcomes`;
      const taken: number[] = [];
      while (taken.length < COUNT) {
        const { items } = (await http.get(`${path}?limit=100`)).body;
        assert.ok(items.length > 0 && items.length <= onPage, `${items.length}`);
        for (const { id, rev } of items) {
          assert.equal((await http.delete(`${path}/${id}`)).status, 204);
          taken.push(rev);
        }
      }
      assert.deepEqual(taken, revs);
      assert.deepEqual((await http.get(path)).body.items, []);
    },
  );
}
