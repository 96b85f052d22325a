import assert from "node:assert/strict";
import { generateVapidKeys } from "../../src/config/dev_secrets.ts";
import { eventually } from "../support/eventually.ts";
import type { HttpClient } from "../support/http_client.ts";
import type { Person } from "../support/people.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";
import { WebPushServer } from "../support/web_push_server.ts";
import { WsClient } from "../support/ws_client.ts";

// deno-lint-ignore no-explicit-any -- tests read responses at any depth
type Body = any;

/** Ann and Eve write; Bob has a phone and, if a test needs it, a connected desktop. */
class World implements AsyncDisposable {
  private constructor(
    readonly app: RunningApp,
    readonly web: WebPushServer,
    readonly people: Record<"ann" | "bob" | "eve", Person>,
    readonly anns: HttpClient,
    readonly bobs: HttpClient,
    readonly eves: HttpClient,
  ) {}

  static async start(environment: Record<string, string>): Promise<World> {
    const web = new WebPushServer();
    const vapid = generateVapidKeys();
    const app = await RunningApp.start({
      ...environment,
      VAPID_PUBLIC_KEY: vapid.publicKey,
      VAPID_PRIVATE_KEY: vapid.privateKey,
      WEB_PUSH_ORIGINS: web.origin,
      LIMIT_PRESENCE_GRACE_MS: "100",
    });
    const people = await app.people("ann", "bob", "eve");
    const [anns, bobs, eves] = [people.ann, people.bob, people.eve].map((each) => app.client(each));
    const { endpoint, p256dh, auth } = web.subscribe(vapid.publicKey);
    await bobs.post("/api/notifications/devices", { endpoint, keys: { p256dh, auth } });
    return new World(app, web, people, anns, bobs, eves);
  }

  /** Creates a group of all three; the notifications of its creation are processed and read. */
  async group(): Promise<string> {
    const { bob, eve } = this.people;
    const created = await this.anns.post("/api/groups", { name: "G", memberIds: [bob.id, eve.id] });
    const { id } = created.body;
    await this.pushed((push) => push.data.type === "added_to_group" && push.data.chatId === id);
    await this.bobs.put("/api/notifications/read-all");
    await this.pushed((push) => push.data.type === "withdrawn" && push.data.chatId === id);
    return id;
  }

  get pushes(): Body[] {
    return this.web.received.map(({ payload }) => JSON.parse(payload));
  }

  /** Waits for a push that a test recognizes. */
  pushed(is: (push: Body) => boolean): Promise<Body> {
    return eventually("the push is there", () => this.pushes.find(is));
  }

  /** Waits until the phone was sent the withdrawal of the tag, and returns the badge with it. */
  async withdrawn(tag: string, messageId?: string): Promise<number> {
    const push = await this.pushed(({ data }) =>
      data.type === "withdrawn" && data.tag === tag &&
      (messageId === undefined || data.messageId === messageId)
    );
    assert.equal(push.alert, null, "nothing is shown");
    assert.equal(push.tag, tag, "it replaces the shown push");
    return push.badge;
  }

  async send(client: HttpClient, body: object): Promise<Body> {
    const sent = await client.post("/api/messages", body);
    assert.equal(sent.status, 201, JSON.stringify(sent.body));
    return sent.body;
  }

  /** Waits until the outbox is empty, so that every push was sent. */
  async settled(): Promise<void> {
    const store = await this.app.openStore();
    try {
      await eventually("the outbox is empty", async () => {
        const taken = await store.outbox.claim(Date.now() + 9_000_000, Date.now() + 1, 1);
        return taken.length === 0;
      });
    } finally {
      await store.close();
    }
  }

  async unread(): Promise<number> {
    return (await this.bobs.get("/api/notifications")).body.unread;
  }

  /** Waits until Bob has this number of unread notifications. */
  async unreadIs(count: number): Promise<void> {
    await eventually(`${count} are unread`, async () => await this.unread() === count);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
    await this.web.close();
  }
}

for (const { name, ignore, environment } of testedStores()) {
  const test = (title: string, fn: (world: World) => Promise<void>) =>
    Deno.test({
      name: `Withdrawals: ${title} (${name})`,
      ignore,
      async fn() {
        await using world = await World.start(environment());
        await fn(world);
      },
    });

  test("reading a chat marks its mentions as read, and withdraws its pushes", async (world) => {
    const { anns, bobs, people: { bob } } = world;
    const chatId = await world.group();
    const message = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    const pushed = await world.pushed(({ data }) => data.messageId === message.id);
    assert.deepEqual([pushed.badge, pushed.tag, pushed.data.type], [1, chatId, "mention"]);
    await world.unreadIs(1);
    await bobs.post(`/api/chats/${chatId}/read`, { seq: message.seq });
    assert.equal(await world.withdrawn(chatId, message.id), 0);
    await world.unreadIs(0);
  });

  test("sending into a chat does so too, and other chats keep their count", async (world) => {
    const { anns, eves, bobs, people: { bob } } = world;
    const chatId = await world.group();
    const other = (await eves.post("/api/chats", { userId: bob.id })).body.id;
    await world.send(eves, { chatId: other, text: "still unread" });
    const message = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    await world.pushed(({ data }) => data.messageId === message.id);
    await world.send(bobs, { chatId, text: "answer" });
    assert.equal(await world.withdrawn(chatId, message.id), 1);
    await world.unreadIs(0);
  });

  test("a deleted message leaves neither notification nor push", async (world) => {
    const { anns, people: { bob } } = world;
    const chatId = await world.group();
    const message = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    await world.pushed(({ data }) => data.messageId === message.id);
    await world.unreadIs(1);
    await anns.delete(`/api/messages/${message.id}`);
    assert.equal(await world.withdrawn(chatId, message.id), 0);
    await world.unreadIs(0);
    assert.deepEqual(
      (await world.bobs.get("/api/notifications")).body.items.map(({ kind }: Body) => kind),
      ["added_to_group"],
    );
  });

  test("a removed reaction is withdrawn, and has replaced no message's push", async (world) => {
    const { anns, bobs } = world;
    const chatId = await world.group();
    const mine = await world.send(bobs, { chatId, text: "shall we?" });
    const message = await world.send(anns, { chatId, text: "the door code is 4711" });
    await world.pushed(({ data }) => data.messageId === message.id);
    await anns.post(`/api/messages/${mine.id}/react`, { emoji: "👍" });
    const reaction = await world.pushed(({ data }) => data.type === "reaction");
    assert.equal(reaction.tag, `reaction:${mine.id}`);
    await world.unreadIs(1);
    await anns.post(`/api/messages/${mine.id}/react`, { emoji: "👍", remove: true });
    assert.equal(await world.withdrawn(reaction.tag), 1, "the message is still unread");
    await world.unreadIs(0);
  });

  test("a group that the user left causes no more notifications", async (world) => {
    const { anns, people: { bob } } = world;
    const chatId = await world.group();
    const message = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    await world.pushed(({ data }) => data.messageId === message.id);
    await world.unreadIs(1);
    await anns.delete(`/api/groups/${chatId}/members/${bob.id}`);
    assert.equal(await world.withdrawn(chatId, message.id), 0);
    await world.unreadIs(0);
    assert.deepEqual((await world.bobs.get("/api/notifications")).body.items, []);
  });

  test("an erased user's actions are removed from other users' notifications", async (world) => {
    const { app, anns, bobs, people: { bob, ann } } = world;
    const chatId = await world.group();
    const mine = await world.send(bobs, { chatId, text: "mine" });
    await anns.post(`/api/messages/${mine.id}/react`, { emoji: "👍" });
    const message = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    await world.pushed(({ data }) => data.messageId === message.id);
    await world.unreadIs(2);
    const store = await app.openStore();
    await store.sessions.setAuthenticatedAt(ann.sessionId, app.clock.now());
    await store.close();
    const erased = await anns.delete("/api/users/profile", {});
    assert(erased.status < 300, JSON.stringify(erased.body));
    await world.unreadIs(0);
    const { items } = (await bobs.get("/api/notifications")).body;
    assert(items.every(({ actorId }: Body) => actorId !== ann.id));
  });

  test("other devices are notified of notifications read or removed, and of a muted chat", async (world) => {
    const { app, anns, bobs, people: { bob } } = world;
    const chatId = await world.group();
    const { client: socket } = await WsClient.connect(app.webSocketUrl, bob.token);
    const received = (event: string) => socket.events.filter((each) => each.event === event);
    const first = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    await world.unreadIs(1);
    await bobs.post(`/api/chats/${chatId}/read`, { seq: first.seq });
    const read = await eventually(
      "reading is announced",
      () => received("notification.read").at(0),
    );
    const { items } = (await bobs.get("/api/notifications")).body;
    const notification = items.find(({ messageId }: Body) => messageId === first.id);
    assert.deepEqual((read.data as Body).notificationIds, [notification.id]);
    assert.equal((read.data as Body).unread, 0);
    const second = await world.send(anns, { chatId, text: "@bob", mentions: [bob.id] });
    await world.unreadIs(1);
    await bobs.put("/api/notifications/read-all");
    await eventually(
      "all are read",
      () =>
        received("notification.read").some(({ data }) => (data as Body).notificationIds === null),
    );
    await anns.delete(`/api/messages/${second.id}`);
    await eventually(
      "its removal is announced",
      () => received("notification.removed").length === 1,
    );
    await bobs.put(`/api/chats/${chatId}/notifications`, { level: "none" });
    await eventually("muting is announced", () => received("chat.notifications").length === 1);
    assert.deepEqual(received("chat.notifications")[0].data, {
      chatId,
      level: "none",
      mutedUntil: null,
      muted: true,
    });
    assert.equal((await bobs.get("/api/chats")).body.items[0].muted, true);
    await socket.close();
  });

  test("a client with the status away does not suppress pushes, one that is online does", async (world) => {
    const { app, anns, bobs, people: { bob } } = world;
    const chatId = await world.group();
    const { client: socket } = await WsClient.connect(app.webSocketUrl, bob.token);
    await bobs.put("/api/users/status", { state: "away" });
    const away = await world.send(anns, { chatId, text: "are you there?" });
    await world.pushed(({ data }) => data.messageId === away.id);
    await bobs.put("/api/users/status", { state: "online" });
    const there = await world.send(anns, { chatId, text: "and now?" });
    await world.settled();
    await bobs.put("/api/users/status", { state: "away" });
    const last = await world.send(anns, { chatId, text: "bye" });
    await world.pushed(({ data }) => data.messageId === last.id);
    assert(!world.pushes.some(({ data }) => data.messageId === there.id));
    await socket.close();
  });
}
