import assert from "node:assert/strict";
import {
  aBlock,
  anAuditEntry,
  aNotification,
  aSession,
  aUser,
  T0,
} from "../contract/store/rows.ts";
import type { OutboxEvent } from "../../src/model/outbox_entry.ts";
import { NotificationWorld } from "./notification_world.ts";

Deno.test("RecipientResolver notifies the other members of a message", async () => {
  await using world = await NotificationWorld.make();
  assert.deepEqual(await world.kinds(world.sent()), { bob: "message", eve: "message" });
  assert.deepEqual(await world.stored(world.bob), [], "a plain message is in the chat itself");
});

Deno.test("RecipientResolver leaves out members who have read it, left, muted the chat or blocked the sender", async () => {
  const cases = {
    read: { readSeq: 2 },
    left: { leftAt: T0 },
    "no notifications": { notify: "none" },
    "mentions only": { notify: "mentions" },
    "muted for a while": { mutedUntil: T0 + 1 },
  } as const;
  for (const [why, bob] of Object.entries(cases)) {
    await using world = await NotificationWorld.make({ members: { bob } });
    assert.deepEqual(await world.kinds(world.sent()), { eve: "message" }, why);
  }
  await using world = await NotificationWorld.make({ members: { bob: { mutedUntil: T0 } } });
  assert.deepEqual(Object.keys(await world.kinds(world.sent())), ["bob", "eve"], "muted before");
  await world.store.blocks.add(aBlock({ blockerId: world.eve, blockedId: world.ann }), Infinity);
  assert.deepEqual(await world.kinds(world.sent()), { bob: "message" }, "blocked");
});

Deno.test("RecipientResolver notifies members who are named although they want no plain messages, and not those who left, muted or blocked", async () => {
  const mention = (world: NotificationWorld) => [{ mentions: [world.bob, world.ann] }];
  const bobs = async (bob: object) => {
    const world = await NotificationWorld.make({ messages: mention, members: { bob } });
    const { bob: kind } = await world.kinds(world.sent());
    const stored = await world.stored(world.bob);
    await world[Symbol.asyncDispose]();
    return [kind, stored.map((row) => row.kind)];
  };
  assert.deepEqual(await bobs({ notify: "mentions" }), ["mention", ["mention"]]);
  for (
    const member of [
      { notify: "none" },
      { mutedUntil: T0 + 1 },
      { leftAt: T0 },
      { hiddenSeq: 2, notify: "mentions" },
    ]
  ) {
    assert.deepEqual(await bobs(member), [undefined, []], JSON.stringify(member));
  }
  await using world = await NotificationWorld.make({ messages: mention });
  await world.store.blocks.add(aBlock({ blockerId: world.bob, blockedId: world.ann }), Infinity);
  assert.deepEqual(await world.kinds(world.sent()), { eve: "message" });
  assert.deepEqual(await world.stored(world.bob), []);
  assert.deepEqual(await world.stored(world.ann), [], "no user notifies themselves");
});

Deno.test("RecipientResolver notifies muted members of their place in the group", async () => {
  await using world = await NotificationWorld.make({ members: { bob: { notify: "none" } } });
  const { bob: userId, ann: actorId } = world;
  assert.deepEqual(await world.kinds({ type: "added", userId, actorId }), {
    bob: "added_to_group",
  });
  assert.deepEqual(await world.kinds({ type: "role", userId, actorId, role: "admin", rev: 3 }), {
    bob: "role_changed",
  });
  const kinds = (await world.stored(userId)).map(({ kind }) => kind);
  assert.deepEqual(kinds.sort(), ["added_to_group", "role_changed"]);
});

Deno.test("RecipientResolver drops what an erased account did to memberships", async () => {
  await using world = await NotificationWorld.make();
  const { bob: userId, eve, ann: actorId } = world;
  const events = [
    { type: "added", userId, actorId },
    { type: "role", userId, actorId, role: "owner", rev: 3 },
    { type: "role", userId, actorId: eve, role: "admin", rev: 4 },
  ] as const;
  await world.store.users.create(aUser({ id: eve }));
  await world.store.users.create(aUser({ id: actorId, deletedAt: 1 }));
  const found = await world.resolve([...events]);
  assert.deepEqual(found.map(({ actorId }) => actorId), [eve]);
  assert.deepEqual((await world.stored(userId)).map((each) => each.actorId), [eve]);
});

Deno.test("RecipientResolver does not notify of kinds that are turned off", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob }) => [{ mentions: [bob] }],
  });
  const settings = { userId: world.bob, quietHours: null, hideContent: false };
  await world.store.notifications.putSettings({ ...settings, off: ["mention"] });
  assert.deepEqual(await world.kinds(world.sent()), { bob: "message", eve: "message" });
  assert.deepEqual(await world.stored(world.bob), []);
});

Deno.test("RecipientResolver prefers a mention to a reply, and either to the plain message", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob, eve }) => [{ senderId: bob }, { senderId: eve }],
  });
  const { store, ann, bob, eve, messages: [bobs, eves] } = world;
  const replied = async (to: string, mentions: string[]) => {
    const event = { ...world.sent(1), senderId: ann, replyTo: to, mentions } as never;
    const found = await world.kinds(event);
    const stored = (await world.stored(bob)).map(({ kind }) => kind);
    for (const userId of [bob, eve]) await store.notifications.deleteAllOf(userId);
    return [found, stored];
  };
  assert.deepEqual(await replied(bobs.id, []), [{ bob: "reply", eve: "message" }, ["reply"]]);
  assert.deepEqual(await replied(bobs.id, [bob]), [{ bob: "mention", eve: "message" }, [
    "mention",
  ]]);
  assert.deepEqual(await replied(eves.id, [bob]), [{ bob: "mention", eve: "reply" }, ["mention"]]);
});

Deno.test("RecipientResolver notifies no one of replies and reactions to a system message", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob, ann }) => [
      { senderId: bob, kind: "system", reactions: [{ emoji: "👍", userIds: [ann] }] },
    ],
  });
  const { ann: actorId, bob, messages: [{ id: messageId }] } = world;
  assert.deepEqual(
    await world.kinds({ type: "reaction", messageId, actorId, emoji: "👍" }),
    {},
  );
  await world.kinds({ ...world.sent(), senderId: actorId, replyTo: messageId } as never);
  assert.deepEqual(await world.stored(bob), []);
});

Deno.test("RecipientResolver shows the newest event of several", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob }) => [{ mentions: [bob] }, {}],
  });
  const [first, second] = [world.sent(0), world.sent(1)];
  const newest = async (...events: (typeof first)[]) =>
    (await world.resolve(events)).map(({ userId, kind, messageId }) =>
      `${world.nameOf(userId)} ${kind} ${world.messages.findIndex(({ id }) => id === messageId)}`
    ).sort();
  assert.deepEqual(await newest(first, second), ["bob message 1", "eve message 1"]);
  const added = { type: "added", userId: world.bob, actorId: world.ann } as const;
  assert.deepEqual(await newest(first, added), ["bob added_to_group -1", "eve message 0"]);
});

Deno.test("RecipientResolver skips what was deleted or taken back meanwhile", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ ann, bob }) => [
      { mentions: [bob], deletedAt: T0 },
      { senderId: bob, reactions: [{ emoji: "👍", userIds: [ann] }] },
      { mentions: [] },
    ],
  });
  const { ann: actorId, bob, eve, messages } = world;
  const [, reacted, edited] = messages.map(({ id }) => id);
  await world.kinds(world.sent(0));
  assert.deepEqual(await world.stored(bob), [], "a deleted message mentions nobody");
  const reaction = { type: "reaction", messageId: reacted, actorId, emoji: "👍" } as const;
  assert.deepEqual(await world.kinds({ ...reaction, emoji: "🎉" }), {});
  assert.deepEqual(await world.kinds({ ...reaction, actorId: eve }), {});
  assert.deepEqual(await world.kinds(reaction), { bob: "reaction" });
  const userIds = [bob];
  const mention = { type: "mention" as const, messageId: edited, actorId, userIds };
  assert.deepEqual(await world.kinds(mention), {}, "a later edit took the mention back");
  assert.deepEqual((await world.stored(bob)).map(({ kind }) => kind), ["reaction"]);
});

Deno.test("RecipientResolver stores notifications once: not for retries, and as read for messages that were read", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob, eve }) => [{ mentions: [bob, eve] }],
    members: { eve: { readSeq: 2 } },
  });
  const { bob, eve } = world;
  const found = await world.resolve([world.sent()], { deviceIds: ["phone"] });
  assert.deepEqual(found.map(({ kind }) => kind), ["mention", "mention"]);
  assert.deepEqual(await world.stored(bob), [], "the first try has stored it");
  await world.kinds(world.sent());
  assert.deepEqual((await world.stored(bob)).map(({ readAt }) => readAt), [null]);
  assert.deepEqual((await world.stored(eve)).map(({ readAt }) => readAt), [T0]);
  assert.deepEqual(world.published.map(({ userIds }) => userIds), [[bob], [eve]]);
});

Deno.test("RecipientResolver stores a reaction as unread for the sender, who has read their own message", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob, ann }) => [{
      senderId: bob,
      reactions: [{ emoji: "👍", userIds: [ann] }],
    }],
    members: { bob: { readSeq: 9 } },
  });
  const { ann: actorId, bob, messages: [{ id: messageId }] } = world;
  await world.kinds({ type: "reaction", messageId, actorId, emoji: "👍" });
  assert.deepEqual((await world.stored(bob)).map(({ kind, readAt }) => [kind, readAt]), [
    ["reaction", null],
  ]);
});

Deno.test("RecipientResolver writes nothing for a message that notifies no one in the app", async () => {
  await using world = await NotificationWorld.make();
  world.store.notifications.add = () => assert.fail("a transaction for nothing");
  assert.deepEqual(await world.kinds(world.sent()), { bob: "message", eve: "message" });
});

Deno.test("Notifications keeps a user's newest ones", async () => {
  await using world = await NotificationWorld.make();
  world.limits.notifications = 3;
  const rows = Array.from({ length: 5 }, () => aNotification({ userId: world.bob }));
  await world.notifications.add(rows);
  const kept = (await world.stored(world.bob)).map(({ id }) => id);
  assert.deepEqual(kept, rows.slice(2).map(({ id }) => id).toReversed());
});

Deno.test("Notifications tells of a sign-in beside another session, unless the user has turned that off", async () => {
  await using world = await NotificationWorld.make();
  const { store, bob: userId, notifications } = world;
  const opened = anAuditEntry({ userId, action: "session.opened" });
  await store.sessions.create(aSession({ userId }));
  await notifications.audited(opened);
  assert.deepEqual(await world.stored(userId), [], "the first session is the user's own doing");
  await store.sessions.create(aSession({ userId }));
  await notifications.audited(anAuditEntry({ userId, action: "profile.changed" as never }));
  await notifications.audited(opened);
  const stored = await world.stored(userId);
  assert.deepEqual(stored.map(({ kind, data }) => [kind, data.action]), [
    ["security", "session.opened"],
  ]);
  assert.equal(world.written.length, 1, "and pushes it");
  const settings = { userId, quietHours: null, hideContent: false };
  await store.notifications.putSettings({ ...settings, off: ["security"] });
  await notifications.audited(anAuditEntry({ userId, action: "password.changed" }));
  assert.equal((await world.stored(userId)).length, 1);
});

Deno.test("RecipientResolver bounds the notifications of what is done, undone and done again", async () => {
  await using world = await NotificationWorld.make({
    messages: ({ bob, eve, ann }) => [
      { senderId: ann, mentions: [bob] },
      { senderId: bob, reactions: [{ emoji: "👍", userIds: [ann, eve] }] },
    ],
  });
  const { ann: actorId, bob: userId, eve, messages: [mentioning, reacted] } = world;
  const reaction = { type: "reaction", messageId: reacted.id, actorId, emoji: "👍" } as const;
  const events: Record<string, OutboxEvent> = {
    mention: { type: "mention", messageId: mentioning.id, actorId, userIds: [userId] },
    reaction,
    added: { type: "added", userId, actorId },
    role: { type: "role", userId, actorId, role: "admin", rev: 3 },
  };
  const times = async (event: OutboxEvent, fields = {}) => {
    let found = 0;
    for (let i = 0; i < 9; i++) found += (await world.resolve([event], fields)).length;
    return found;
  };
  for (const [name, event] of Object.entries(events)) assert.equal(await times(event), 5, name);
  assert.equal(await times({ ...reaction, actorId: eve }), 5, "each person is counted alone");
  const retry = { deviceIds: ["device"] };
  assert.equal(await times(reaction, retry), 9, "a retry was counted when it was new");
});
