import assert from "node:assert/strict";
import type { WireEvent } from "../../src/model/event.ts";
import { eventually } from "../support/eventually.ts";
import { flag } from "../support/pictures.ts";
import type { RunningApp } from "../support/running_app.ts";
import { download, upload } from "../support/uploads.ts";
import { attacks, REST } from "./attacks.ts";
import { SOCKETS } from "./entrances.ts";

/**
 * Ways to messages from before a member joined, in a group that shows its history only from joining
 * on.
 */

const attack = attacks();

/** `eve` joins after `ann` has sent a text and an image, and pinned the text. */
async function late(app: RunningApp) {
  const { ann, bob, eve } = await app.people("ann", "bob", "eve");
  const http = app.client(ann);
  const fields = { name: "G", memberIds: [bob.id], history: "joined" };
  const { body: group } = await http.post("/api/groups", fields);
  const chatId = group.id as string;
  const picture = (await upload(app, ann, await flag(40, 30, ".png"))).body.id as string;
  const old = (await http.post("/api/messages", { chatId, text: "secret plans" })).body;
  await http.post("/api/messages", { chatId, mediaIds: [picture] });
  await http.post("/api/messages/pin", { messageId: old.id });
  const added = await http.post(`/api/groups/${chatId}/members`, { userIds: [eve.id] });
  assert.equal(added.status, 200, JSON.stringify(added.body));
  assert.deepEqual([group.history, added.body.history], ["joined", "joined"]);
  return { ann, bob, eve, chatId, picture, old };
}

attack(
  REST,
  "messages from before joining cannot be read, found, downloaded or acted on",
  async (app) => {
    const { ann, bob, eve, chatId, picture, old } = await late(app);
    const [http, hers] = [app.client(ann), app.client(eve)];
    const items = async (path: string) => (await hers.get(path)).body.items;
    const [item] = await items("/api/chats");
    assert.deepEqual([item.lastMessage, item.unread], [null, 0]);
    for (const query of ["", "?after=0", "?before=99"]) {
      assert.deepEqual(await items(`/api/messages/${chatId}${query}`), [], query);
    }
    assert.deepEqual(await items(`/api/chats/${chatId}/pins`), []);
    for (const where of ["", `&chatId=${chatId}`]) {
      assert.deepEqual(await items(`/api/messages/search?q=secret${where}`), []);
    }
    const changes = (await hers.get(`/api/chats/${chatId}/changes?after=0`)).body;
    assert.deepEqual([changes.messages, changes.more], [[], false]);
    assert.ok(changes.rev > old.seq && changes.members.length === 3);
    const [synced] = (await hers.post("/api/sync", { cursors: {} })).body.items;
    assert.deepEqual([synced.messages, synced.rev], [[], changes.rev]);
    assert.equal((await download(app, eve, picture)).status, 404);
    assert.equal((await download(app, bob, picture)).status, 200);
    const { id: messageId } = old;
    const statuses = await Promise.all([
      hers.post(`/api/messages/${messageId}/react`, { emoji: "👍" }),
      hers.post("/api/messages/pin", { messageId, unpin: true }),
      hers.post("/api/messages", { chatId, text: "x", replyTo: messageId }),
      hers.post("/api/users/report", { userId: ann.id, messageId, reason: "spam" }),
    ]);
    assert.deepEqual(statuses.map(({ status }) => status), [404, 404, 404, 404]);

    const fresh = (await http.post("/api/messages", { chatId, text: "secret no more" })).body;
    const seen = async (path: string) => (await items(path)).map(({ id }: { id: string }) => id);
    assert.deepEqual(await seen(`/api/messages/${chatId}`), [fresh.id]);
    assert.deepEqual(await seen(`/api/messages/${chatId}?after=0`), [fresh.id]);
    assert.deepEqual(await seen("/api/messages/search?q=secret"), [fresh.id]);
    assert.equal((await items("/api/chats"))[0].unread, 1);
    await http.post("/api/messages", { chatId, mediaIds: [picture] });
    assert.equal((await download(app, eve, picture)).status, 200, "it was sent again");
  },
);

attack(
  SOCKETS,
  "a change of an old message is not delivered, and leaves no gap",
  async (app, socket) => {
    const { ann, eve, chatId, old } = await late(app);
    await using early = await socket.hold(app, eve.token);
    await app.client(ann).put(`/api/messages/${old.id}`, { text: "secret plans, edited" });
    await app.client(ann).post("/api/messages", { chatId, text: "for all" });
    const durable = () =>
      (early.events as readonly WireEvent[])
        .filter(({ chatId: id, rev }) => id === chatId && rev !== undefined);
    await eventually(
      "the new message",
      () => durable().some(({ event }) => event === "message.created"),
    );
    assert.doesNotMatch(JSON.stringify(early.events), /secret/);
    const revs = durable().map(({ rev, after = rev! - 1 }) => [after, rev]);
    for (const [i, [after]] of revs.entries()) if (i > 0) assert.equal(after, revs[i - 1][1]);
    assert.equal(durable()[0].event, "chat.changes");
  },
);

attack(
  SOCKETS,
  "a user who is connected while being added receives nothing from before",
  async (app, socket) => {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    const http = app.client(ann);
    const fields = { name: "G", memberIds: [bob.id], history: "joined" };
    const { body: { id: chatId } } = await http.post("/api/groups", fields);
    const { body: old } = await http.post("/api/messages", { chatId, text: "secret" });
    await using hers = await socket.hold(app, eve.token);
    await http.post(`/api/groups/${chatId}/members`, { userIds: [eve.id] });
    await http.post(`/api/messages/${old.id}/react`, { emoji: "👍" });
    await http.post("/api/messages", { chatId, text: "for all" });
    const events = () => hers.events.filter((event) => event.chatId === chatId);
    await eventually(
      "the message",
      () => events().some(({ event }) => event === "message.created"),
    );
    assert.doesNotMatch(JSON.stringify(hers.events), /secret/);
  },
);

attack(
  REST,
  "the history rule applies to members who join later, and its default is all",
  async (app) => {
    const { ann, bob, eve } = await app.people("ann", "bob", "eve");
    const http = app.client(ann);
    const { body: group } = await http.post("/api/groups", { name: "G", memberIds: [bob.id] });
    assert.equal(group.history, "all");
    const chatId = group.id;
    await http.post("/api/messages", { chatId, text: "first" });
    const rule = (person: typeof ann, history: string) =>
      app.client(person).put(`/api/groups/${chatId}`, { history });
    assert.equal((await rule(bob, "joined")).status, 403);
    assert.equal((await rule(ann, "joined")).body.history, "joined");
    const add = (id: string) => http.post(`/api/groups/${chatId}/members`, { userIds: [id] });
    const read = async (person: typeof ann) =>
      (await app.client(person).get(`/api/messages/${chatId}`)).body.items.length;
    await add(eve.id);
    assert.deepEqual([await read(eve), await read(bob)], [0, 1]);
    await rule(ann, "all");
    assert.equal(await read(eve), 0, "the setting at the time of joining applies");
    await http.delete(`/api/groups/${chatId}/members/${eve.id}`);
    await add(eve.id);
    assert.equal(await read(eve), 1);
    await rule(ann, "joined");
    await http.delete(`/api/groups/${chatId}/members/${bob.id}`);
    await add(bob.id);
    assert.equal(await read(bob), 0);
  },
);
