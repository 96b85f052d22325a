import assert from "node:assert/strict";
import type { WireEvent } from "../../src/model/event.ts";
import { Cluster, type Person } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { skipWithout } from "../support/skip.ts";
import { WsClient } from "../support/ws_client.ts";

/** A short grace period, so that leaving is announced soon. */
const env = { LIMIT_PRESENCE_GRACE_MS: "300", LIMIT_TYPING_TIME_MS: "3000" };

for (const broker of ["kv", "mongo"] as const) {
  const ignore = broker === "kv" ? skipWithout("mongodb", "denokv") : skipWithout("mongodb");

  Deno.test({ name: `live across instances, ${broker}`, ignore }, async (t) => {
    await using cluster = await Cluster.start({ broker, env });
    const [ann, bob, cy] = [
      await cluster.register("ann", 0),
      await cluster.register("bob", 1),
      await cluster.register("cy", 1),
    ];
    const chatId = await cluster.group(ann, [bob, cy]);
    const open = async (person: Person, at: number) => {
      const { client } = await WsClient.connect(cluster.instances[at].webSocketUrl, person.token);
      return client;
    };
    await using annHere = await open(ann, 0);
    await using bobThere = await open(bob, 1);
    await using cyThere = await open(cy, 1);

    await t.step("a message, an edit, a reaction and a deletion", async () => {
      const sent = await annHere.command("message.send", { chatId, text: "hello", clientId: "1" });
      const { id } = sent.data;
      await annHere.command("message.edit", { messageId: id, text: "hello there" });
      await annHere.command("message.react", { messageId: id, emoji: "👍" });
      await received(bobThere, ({ rev }) => rev === sent.data.rev + 2);
      await annHere.command("message.delete", { messageId: id });
      await received(bobThere, ({ rev }) => rev === sent.data.rev + 3);
      assertContinuous(bobThere, chatId);
    });

    await t.step("a receipt", async () => {
      const { data } = await annHere.command("message.send", {
        chatId,
        text: "read this",
        clientId: "2",
      });
      await bobThere.command("chat.read", { chatId, seq: data.seq });
      const event = await received(annHere, ({ event }) => event === "receipt.updated");
      assert.deepEqual(event.data, {
        chatId,
        userId: bob.id,
        readSeq: data.seq,
        deliveredSeq: data.seq,
      });
    });

    await t.step("typing on two instances is one start and one stop", async () => {
      await using annThere = await open(ann, 1);
      await annHere.command("typing.start", { chatId });
      await annThere.command("typing.start", { chatId });
      await annThere.command("typing.start", { chatId });
      await received(bobThere, isTyping(false));
      const typing = bobThere.events.filter(({ event }) => event === "typing");
      assert.deepEqual(typing.map(({ data }) => data), [
        { userId: ann.id, typing: true },
        { userId: ann.id, typing: false },
      ]);
      assert.ok(!annThere.events.some(({ event }) => event === "typing"), "not of oneself");
    });

    await t.step("typing on one instance ends once another device becomes invisible", async () => {
      const before = bobThere.events.length;
      await annHere.command("typing.start", { chatId });
      await received(bobThere, isTyping(true, ann), before);
      await using annThere = await open(ann, 1);
      await annThere.command("presence.set", { state: "invisible" });
      // Repeated, so that it does not end by itself.
      await eventually("it has ended", async () => {
        await annHere.command("typing.start", { chatId });
        return bobThere.events.slice(before).some(isTyping(false, ann));
      });
      await annThere.command("presence.set", { state: "online" });
    });

    await t.step("a member receives events once added, and none once removed", async () => {
      const dan = await cluster.register("dan", 1);
      await using danThere = await open(dan, 1);
      await ann.http.post(`/api/groups/${chatId}/members`, { userIds: [dan.id] });
      await received(danThere, ({ event, data }) => {
        return event === "member.updated" && (data as { userId: string }).userId === dan.id;
      });
      await annHere.command("message.send", { chatId, text: "welcome", clientId: "3" });
      await received(danThere, hasText("welcome"));
      await ann.http.delete(`/api/groups/${chatId}/members/${dan.id}`);
      await annHere.command("message.send", { chatId, text: "secret", clientId: "4" });
      await received(bobThere, hasText("secret"));
      await received(danThere, ({ event, data }) => {
        return event === "member.updated" && (data as { leftAt: string | null }).leftAt !== null;
      });
      assert.ok(!danThere.events.some(hasText("secret")));
    });

    await t.step("presence of a person with several devices", async () => {
      cyThere.events.length = 0;
      const first = await open(bob, 0);
      await bobThere.command("presence.set", { state: "away", text: "lunch" });
      await received(annHere, isPresence(bob, "away"));
      await received(cyThere, isPresence(bob, "away"));
      const asked = await ann.http.get(`/api/users/status?userIds=${bob.id},${ann.id}`);
      assert.deepEqual(
        asked.body.items.map((each: { state: string; text: string }) => [each.state, each.text]),
        [["away", "lunch"], ["online", ""]],
      );
      await first.close();
      await bobThere.close();
      const event = await received(cyThere, isPresence(bob, "offline"));
      assert.notEqual((event.data as { lastSeenAt: string | null }).lastSeenAt, null);
      await received(annHere, isPresence(bob, "offline"));
      const states = cyThere.events.filter(({ event }) => event === "presence")
        .map(({ data }) => (data as { state: string }).state);
      // Both devices left at the same moment: each instance may have seen the last one go.
      const changes = states.filter((state, i) => state !== states[i - 1]);
      assert.deepEqual(changes, ["away", "offline"], "the other device kept bob online");
    });

    await t.step("a session that ends closes its sockets on every instance", async () => {
      await using there = await open(cy, 0);
      await using here = await open(cy, 1);
      const { status } = await cy.http.post("/api/auth/logout", {});
      assert.equal(status, 204);
      assert.deepEqual([(await there.closed).code, (await here.closed).code], [4001, 4001]);
      assert.equal(here.events.at(-1)?.event, "session.ended");
    });

    await t.step("users of a crashed instance become offline", async () => {
      await using eve = await open(await joined(cluster, ann, chatId), 0);
      const before = annHere.events.length;
      const lost = await open(bob, 1);
      await received(annHere, isPresence(bob, "away"), before);
      await lost.command("typing.start", { chatId });
      await received(annHere, isTyping(true, bob), before);
      await cluster.instances[1].kill("SIGKILL");
      await received(eve, isPresence(bob, "offline"));
      const asked = await ann.http.get(`/api/users/status?userIds=${bob.id}`);
      assert.equal(asked.body.items[0].state, "offline");
      await received(annHere, isTyping(false, bob));
    });
  });
}

async function joined(cluster: Cluster, owner: Person, chatId: string): Promise<Person> {
  const person = await cluster.register("eve");
  await owner.http.post(`/api/groups/${chatId}/members`, { userIds: [person.id] });
  return person;
}

function received(
  client: WsClient,
  test: (event: WireEvent) => boolean,
  from = 0,
): Promise<WireEvent> {
  return eventually("it was received", () => client.events.slice(from).find(test));
}

function hasText(text: string) {
  return ({ data }: WireEvent) => (data as { text?: string }).text === text;
}

function isTyping(typing: boolean, { id }: { id?: string } = {}) {
  return ({ event, data }: WireEvent) => {
    const change = data as { typing: boolean; userId: string };
    return event === "typing" && change.typing === typing && (!id || change.userId === id);
  };
}

function isPresence({ id }: Person, state: string) {
  return ({ event, data }: WireEvent) => {
    const change = data as { userId: string; state: string };
    return event === "presence" && change.userId === id && change.state === state;
  };
}

/**
 * Asserts that each durable event of the chat begins at the revision where the one before it ended.
 */
function assertContinuous({ events }: WsClient, chatId: string): void {
  const durable = events.filter((event) => event.chatId === chatId && event.rev !== undefined);
  assert.ok(durable.length > 1);
  for (const [i, { rev, after = rev! - 1 }] of durable.entries()) {
    if (i > 0) assert.equal(after, durable[i - 1].rev);
  }
}
