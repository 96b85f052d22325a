/** Exports of personal data, which must not show what belongs to others. */
import assert from "node:assert/strict";
import { backendOf } from "../support/api_keys.ts";
import { attacks, REST } from "./attacks.ts";

const attack = attacks();

attack(
  REST,
  "an export has nothing that happened in a chat after the person left it",
  async (app) => {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    const [hers, his] = [app.client(ann), app.client(bob)];
    const fields = { name: "Kites", memberIds: [bob.id, eve.id] };
    const { body: { id: chatId } } = await hers.post("/api/groups", fields);
    const path = `/api/groups/${chatId}`;
    const mine = (await hers.post("/api/messages", { chatId, text: "my own words" })).body;
    await hers.put(path, { name: "Winds" });
    await his.post(`/api/messages/${mine.id}/react`, { emoji: "👍" });
    const exported = async () => (await hers.get("/api/users/export")).body;
    const before = await exported();
    assert.equal(before.memberships[0].chatName, "Winds", "while she is a member");
    const own = before.messages.find(({ id }: { id: string }) => id === mine.id);
    assert.deepEqual([own.text, own.reactions[0].userIds], ["my own words", [bob.id]]);

    assert.equal((await hers.put(`${path}/admin`, { userId: bob.id, role: "owner" })).status, 200);
    assert.equal((await hers.delete(`${path}/members/${ann.id}`)).status, 204);
    await app.client(eve).post(`/api/messages/${mine.id}/react`, { emoji: "🎉" });
    assert.equal((await his.put(path, { name: "Secret plans" })).status, 200);
    await his.post("/api/messages/pin", { messageId: mine.id });
    await his.put(path, { history: "joined" });
    const backend = await backendOf(app);
    const report = { custom: { plan: "secret of the group" } };
    const told = await backend.post(`/api/admin/chats/${chatId}/messages`, report);
    assert.equal(told.status, 201, JSON.stringify(told.body));
    const removal = { reason: "secret" };
    const expelled = await backend.delete(`/api/admin/chats/${chatId}/members/${eve.id}`, removal);
    assert.equal(expelled.status, 204, JSON.stringify(expelled.body));

    const after = await exported();
    assert.doesNotMatch(JSON.stringify(after), /secret/i);
    assert.equal(after.memberships[0].chatName, "");
    const texts = after.messages.map(({ kind, text, metadata, reactions, pinnedAt }: {
      kind: string;
      text: string;
      metadata?: { type: string; by: string };
      reactions: unknown[];
      pinnedAt: string | null;
    }) => [kind, text || `${metadata!.type} ${metadata!.by === ann.id}`, reactions, pinnedAt]);
    assert.deepEqual(texts.toSorted(), [
      ["system", "chat.renamed true", [], null],
      ["system", "member.left true", [], null],
      ["text", "my own words", [], null],
    ]);

    await his.post(`${path}/members`, { userIds: [ann.id] });
    const back = (await exported()).messages.find(({ id }: { id: string }) => id === mine.id);
    assert.deepEqual([back.text, back.reactions], ["my own words", []], "hidden since she is back");
  },
  { SYSTEM_MESSAGES: "all" },
);
