import assert from "node:assert/strict";
import { clientOf } from "../client/people.ts";
import { aChange, aChat, aMember } from "../contract/store/rows.ts";
import { eventually } from "../support/eventually.ts";
import { openStoreOf, type Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";

for (const { name, ignore, environment } of testedStores()) {
  const test = (title: string, fn: (app: RunningApp, ann: Person, bob: Person) => Promise<void>) =>
    Deno.test({
      name: `direct chats of a pair, ${name}: ${title}`,
      ignore,
      fn: async () => {
        await using app = await RunningApp.start(environment());
        const { ann, bob } = await app.people("ann", "bob");
        await fn(app, ann, bob);
        assert.deepEqual(app.log, []);
      },
    });

  test(
    "a pair has a plain chat and an encrypted one beside it, each once",
    async (app, ann, bob) => {
      const plain = await open(app, ann, { userId: bob.id });
      assert.deepEqual([plain.status, plain.body.encrypted], [201, false]);
      const racing = [[ann, bob], [bob, ann], [ann, bob], [bob, ann]].map(([caller, other]) =>
        open(app, caller, { userId: other.id, encrypted: true })
      );
      const secret = await Promise.all(racing);
      assert.deepEqual(secret.map(({ status }) => status).sort(), [200, 200, 200, 201]);
      assert.equal(new Set(secret.map(({ body }) => body.id)).size, 1);
      assert.notEqual(secret[0].body.id, plain.body.id);
      assert.equal(secret[0].body.encrypted, true);
      for (const encrypted of [undefined, false]) {
        const again = await open(app, bob, { userId: ann.id, encrypted });
        assert.deepEqual([again.status, again.body.id], [200, plain.body.id]);
      }
      const sent = await app.client(ann).post("/api/messages", {
        recipientId: bob.id,
        clientId: "hello",
        text: "hello",
      });
      assert.deepEqual([sent.status, sent.body.chatId], [201, plain.body.id]);
      const { body: inbox } = await app.client(bob).get("/api/chats");
      assert.equal(inbox.items.length, 2);
      await app.client(bob).post("/api/users/block", { userId: ann.id });
      const blocked = await app.client(ann).post("/api/messages", {
        chatId: plain.body.id,
        clientId: "again",
        text: "again",
      });
      assert.equal(blocked.status, 403, "a block holds in both");
    },
  );

  test(
    "an encrypted chat of an earlier release is the pair's, and a plain one is created beside it",
    async (app, ann, bob) => {
      const directKey = [ann.id, bob.id].sort().join(":");
      const chat = aChat({ kind: "direct", directKey, encrypted: true, epoch: 0, memberCount: 2 });
      const store = await openStoreOf(app.config);
      try {
        const members = [ann, bob].map(({ id }) => aMember(chat.id, { userId: id }));
        await store.chats.commit(aChange(0, { ...chat, rev: 3 }, { members }));
      } finally {
        await store.close();
      }
      const only = await open(app, ann, { userId: bob.id });
      assert.deepEqual([only.status, only.body.id], [200, chat.id]);
      const plain = await open(app, bob, { userId: ann.id, encrypted: false });
      assert.deepEqual([plain.status, plain.body.encrypted], [201, false]);
      assert.equal((await open(app, ann, { userId: bob.id, encrypted: true })).body.id, chat.id);
      assert.equal((await open(app, ann, { userId: bob.id })).body.id, plain.body.id);
    },
  );
}

Deno.test("a client begins an encrypted chat beside a plain one", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using anns = await clientOf(app.url, ann, { device: "phone" });
  await using bobs = await clientOf(app.url, bob, { device: "phone" });
  const plain = await anns.client.openDirect(bob.id);
  const secret = await anns.client.encryption.createDirect(bob.id);
  assert.notEqual(plain.id, secret.id);
  await anns.client.send(plain.id, { text: "in the clear" });
  await anns.client.send(secret.id, { text: "between us" });
  await eventually("bob reads both", () => {
    return bobs.texts(plain.id).at(-1) === "in the clear" &&
      bobs.texts(secret.id).at(-1) === "between us";
  });
});

function open(app: RunningApp, caller: Person, body: { userId: string; encrypted?: boolean }) {
  return app.client(caller).post("/api/chats", body);
}
