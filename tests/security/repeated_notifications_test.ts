import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import type { Person } from "../support/people.ts";
import type { RunningApp } from "../support/running_app.ts";
import { WsClient } from "../support/ws_client.ts";
import { attacks, REST } from "./attacks.ts";

/** Doing, undoing and doing something again does not notify another person each time. */

const attack = attacks();
const REPEATS = 12;

/** Counts the notifications that reach a person while something is turned on and off by turns. */
async function notified(
  app: RunningApp,
  person: Person,
  kind: string,
  turn: (on: boolean) => Promise<void>,
) {
  const { client } = await WsClient.connect(app.webSocketUrl, person.token);
  await using socket = client;
  const store = await app.openStore();
  for (let i = 0; i < REPEATS; i++) {
    await turn(i % 2 === 0);
    const whole = app.clock.now() + 3_600_000;
    await eventually(
      "the outbox is empty",
      async () => await store.outbox.firstDue(whole) === null,
    );
  }
  await store.close();
  // Events that were published before this answer have arrived with it.
  await socket.command("user.profile", {});
  const events = socket.events.filter(({ event }) => event === "notification");
  return events.filter(({ data }) => (data as { kind: string }).kind === kind).length;
}

attack(REST, "an invitation that is withdrawn and repeated notifies twice a day", async (app) => {
  const { ann, bob } = await app.people("ann", "bob");
  const http = app.client(ann);
  const { body: group } = await http.post("/api/groups", { name: "Group" });
  const times = await notified(app, bob, "contact_request", async () => {
    const { body: sent } = await http.get("/api/requests/sent");
    for (const { id } of sent.items) {
      assert.equal((await http.delete(`/api/requests/${id}`)).status, 204);
    }
    const { body } = await http.post(`/api/groups/${group.id}/invitations`, { userIds: [bob.id] });
    assert.equal(body.notAdded[0].reason, "invited", JSON.stringify(body));
  });
  assert.equal(times, 2);
  const { body } = await app.client(bob).get("/api/requests");
  assert.equal(body.items.length, 1, "the last one waits for an answer all the same");
});

attack(
  REST,
  "a reaction or a membership that is toggled notifies five times an hour",
  async (app) => {
    const { ann, bob } = await app.people("ann", "bob");
    const [hers, his] = [app.client(ann), app.client(bob)];
    const group = { name: "Group", memberIds: [bob.id] };
    const { body: { id: chatId } } = await hers.post("/api/groups", group);
    const { body: { id } } = await his.post("/api/messages", { chatId, text: "Hello" });
    const ok = ({ status, body }: { status: number; body: unknown }) =>
      assert.ok(status < 300, JSON.stringify(body));
    const ways = {
      reaction: async (on: boolean) =>
        ok(await hers.post(`/api/messages/${id}/react`, { emoji: "👍", remove: !on })),
      added_to_group: async (on: boolean) => {
        if (on) await hers.delete(`/api/groups/${chatId}/members/${bob.id}`);
        else ok(await hers.post(`/api/groups/${chatId}/members`, { userIds: [bob.id] }));
      },
    };
    assert.equal(await notified(app, bob, "reaction", ways.reaction), 5);
    const more = await notified(app, bob, "added_to_group", ways.added_to_group);
    assert.equal(more, 4, "besides the first addition");
  },
);
