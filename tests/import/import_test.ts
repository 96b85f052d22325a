import assert from "node:assert/strict";
import { timeOf } from "../../src/core/ids.ts";
import type { Message } from "../../src/model/message.ts";
import { CatchingUpClient } from "../support/catching_up_client.ts";
import { eventually } from "../support/eventually.ts";
import type { HttpClient } from "../support/http_client.ts";
import { testedStores } from "../support/tested_stores.ts";
import { everything, ImportWorld } from "./import_world.ts";
import { aGroup, aMessage, aPerson, at, T0 } from "./lines.ts";

const PEOPLE = [
  aPerson("ann", { username: "ann", bio: "Kites", custom: { team: "red" } }),
  aPerson("ben"),
  aPerson("robot", { bot: true }),
  aPerson("gone"),
];

const STORY = [
  ...PEOPLE,
  aGroup("kites", [
    "ann",
    { person: "ben", role: "owner", joinedAt: at(5) },
    { person: "robot" },
    { person: "gone", leftAt: at(60) },
  ], { name: "Kites", description: "All about kites", custom: { topic: "kites" } }),
  {
    type: "chat",
    externalId: "ann-ben",
    kind: "direct",
    createdAt: at(1),
    members: [{ person: "ann" }, { person: "ben" }],
  },
  aMessage("kites", "ben", { externalId: "m1", at: at(10), text: "Who flies a red kite?" }),
  aMessage("kites", "ann", {
    externalId: "m2",
    at: at(11),
    text: "I do, @ben",
    replyTo: "m1",
    mentions: ["ben"],
    editedAt: at(12),
    pinnedAt: at(13),
    reactions: [{ emoji: "👍", people: ["ben", "gone"] }, { emoji: "❤", people: ["ann"] }],
    custom: { source: "elsewhere" },
  }),
  aMessage("kites", "gone", { externalId: "m3", at: at(14), text: undefined, deletedAt: at(15) }),
  aMessage("kites", "ben", {
    externalId: "m4",
    at: at(16),
    text: undefined,
    system: { type: "member.joined", people: ["robot"], by: "ben" },
  }),
  aMessage("ann-ben", "ann", { externalId: "m1", at: at(20), text: "A word in private" }),
];

for (const { name, ignore, environment } of testedStores()) {
  const test = (what: string, run: (world: ImportWorld) => Promise<void>) =>
    Deno.test({
      name: `${name}: ${what}`,
      ignore,
      fn: async () => {
        await using world = await ImportWorld.start(environment());
        await run(world);
        assert.deepEqual(world.app.log, []);
      },
    });

  test("an import is read over the API with its times, authors and everything else", async (world) => {
    const { code, out, refused } = await world.import(STORY);
    assert.deepEqual([code, refused], [0, []]);
    assert.match(out, /^Imported 4 people, 2 chats, 5 messages and 0 files in .* 0 lines were ref/);
    const ann = await world.signIn("ann");
    const [ben, gone] = [(await world.signIn("ben")).id, (await world.signIn("gone")).id];
    const chatId = await world.chatId("kites");
    const { items } = (await ann.client.get(`/api/messages/${chatId}`)).body;
    const [first, second, third, fourth] = items.toReversed();
    assert.deepEqual(
      [first.text, first.senderId, first.createdAt],
      ["Who flies a red kite?", ben, at(10)],
    );
    assert.equal(timeOf(first.id), T0 + 10_000);
    assert.deepEqual(
      [second.replyTo, second.mentions, second.editedAt, second.pinnedAt, second.custom],
      [first.id, [ben], at(12), at(13), { source: "elsewhere" }],
    );
    assert.deepEqual(
      second.reactions.map((
        { emoji, userIds }: { emoji: string; userIds: string[] },
      ) => [emoji, userIds]),
      [["👍", [ben, gone]], ["❤️", [ann.id]]],
    );
    assert.deepEqual([third.senderId, third.deletedAt, third.text], [gone, at(15), ""]);
    assert.equal(fourth.kind, "system");
    assert.deepEqual([fourth.metadata.type, fourth.metadata.by], ["member.joined", ben]);
    await assertChats(world, ann.client, chatId);
    const found = (await ann.client.get("/api/messages/search?q=red%20kite")).body.items;
    assert.deepEqual(found.map(({ id }: { id: string }) => id), [first.id]);
  });

  test("an import notifies no one, and a second run changes nothing", async (world) => {
    assert.equal((await world.import(STORY)).code, 0);
    const before = await world.store(everything);
    for (const entity of ["notifications", "outbox", "webhook_deliveries"]) {
      assert.deepEqual(before[entity], []);
    }
    const { code, out } = await world.import(STORY);
    assert.equal(code, 0);
    assert.match(out, /^Imported 0 people, 0 chats, 0 messages .* 11 were there already/);
    assert.deepEqual(await world.store(everything), before);
  });

  test("--unread leaves imported messages unread for everybody but their senders", async (world) => {
    await world.import(STORY, "--unread");
    assert.deepEqual(await unreadOf(world, "ben"), { group: 1, direct: 1 });
    assert.deepEqual(await unreadOf(world, "ann"), { group: 0, direct: 0 });
  });

  test("refused lines are reported by number, and the others are imported", async (world) => {
    const { code, refused } = await world.import([
      ...PEOPLE,
      aGroup("kites", ["ann", "ben"]),
      "{ no json",
      { type: "dog" },
      aMessage("kites", "ann", { externalId: "good" }),
      aMessage("kites", "robot"),
      aMessage("kites", "nobody"),
      aMessage("nowhere", "ann"),
      aMessage("kites", "ann", { text: "x".repeat(10_001) }),
      aMessage("kites", "ann", { at: "2999-01-01T00:00:00Z" }),
      aMessage("kites", "ann", { replyTo: "never" }),
      aMessage("kites", "ann", { colour: "red" }),
      aMessage("kites", "ann", { text: "nul \u0000" }),
      aGroup("empty", [{ person: "ann", leftAt: at(3) }]),
      aMessage("kites", "ann", { externalId: "better" }),
    ]);
    assert.equal(code, 1);
    const reasons = Object.fromEntries(refused.map((line) => line.split(/(?<=^line \d+): /)));
    assert.match(reasons["line 6"], /^not JSON: /);
    assert.match(reasons["line 7"], /^type must be person, chat or message, not "dog"/);
    assert.match(reasons["line 9"], /^author "robot" is not among the members of the chat/);
    assert.match(reasons["line 10"], /^There is no person "nobody"/);
    assert.match(reasons["line 11"], /^There is no chat "nowhere"/);
    assert.match(reasons["line 12"], /^Cannot import: text has 10001 characters, at most 10000/);
    assert.match(reasons["line 13"], /^at must not be in the future/);
    assert.match(reasons["line 14"], /^replyTo: there is no message "never" before it/);
    assert.match(reasons["line 15"], /^colour is not a known field/);
    assert.match(reasons["line 16"], /^text must not contain the character NUL/);
    assert.match(reasons["line 17"], /^members must have someone who has not left/);
    assert.equal(refused.length, 11);
    const rows = (await world.store(everything)).messages;
    assert.deepEqual(rows.map(({ clientId }) => clientId), ["import:good", "import:better"]);
  });

  test("--dry-run finds the same faults, and writes nothing", async (world) => {
    const lines = [
      ...PEOPLE,
      aGroup("kites", ["ann"]),
      aMessage("kites", "ann", { externalId: "good" }),
      aMessage("kites", "ben"),
      aMessage("kites", "ann", { replyTo: "never" }),
      aMessage("kites", "ann", { replyTo: "good", media: [{ path: "nothing.png" }] }),
      aMessage("nowhere", "ann"),
    ];
    const before = await world.store(everything);
    const { code, refused, out } = await world.import(lines, "--dry-run");
    assert.equal(code, 1);
    assert.match(out, /^Checked 4 people, 1 chats, 1 messages/);
    assert.deepEqual(await world.store(everything), before);
    assert.equal(refused.length, 4, refused.join("\n"));
    assert.deepEqual((await world.import(lines)).refused, refused);
  });

  test("--strict stops, and a corrected file goes on", async (world) => {
    const lines = [...PEOPLE, aGroup("kites", ["ann"]), aMessage("kites", "ben")];
    const stopped = await world.import(lines, "--strict");
    assert.equal(stopped.code, 1);
    assert.match(stopped.refused.join("\n"), /Stopped at the first refused line/);
    const corrected = [...PEOPLE, aGroup("kites", ["ann", "ben"]), lines.at(-1)];
    const { code, out } = await world.import(corrected, "--strict");
    assert.equal(code, 0);
    assert.match(out, /1 messages/);
  });

  test("older messages of a later import come behind, keep their times, and are found", async (world) => {
    await world.import([
      ...PEOPLE,
      aGroup("kites", ["ann"]),
      aMessage("kites", "ann", { at: at(5_000), text: "a red kite" }),
    ]);
    const older = Array.from(
      { length: 40 },
      (_, i) => aMessage("kites", "ann", { at: at(100 - i), text: `an old kite ${i}` }),
    );
    assert.equal((await world.import(older)).code, 0);
    const { client } = await world.signIn("ann");
    const { items } = (await client.get(`/api/messages/${await world.chatId("kites")}`)).body;
    assert.deepEqual(
      items.slice(0, 2).map(({ createdAt }: { createdAt: string }) => createdAt),
      [at(61), at(62)],
    );
    const ids = items.map(({ id }: { id: string }) => id);
    assert.deepEqual(ids, ids.toSorted().toReversed());
    const found = (await client.get("/api/messages/search?q=kite")).body.items;
    assert.deepEqual(found.map(({ id }: { id: string }) => id), ids);
    const chat = await world.store((store) => store.chats.byExternalId("kites"));
    assert.equal(chat!.lastActivityAt, Date.parse(at(5_000)));
  });

  test("many messages of one moment have ids in the order of the file", async (world) => {
    const lines = ["a", "b"].flatMap((chat) =>
      Array.from(
        { length: 3_000 },
        (_, i) => aMessage(chat, "ann", { at: at(1), text: `kite ${i}` }),
      )
    );
    const groups = [aGroup("a", ["ann"]), aGroup("b", ["ann"])];
    assert.equal((await world.import([...PEOPLE, ...groups, ...lines])).code, 0);
    await world.store(async (store) => {
      for (const chat of ["a", "b"]) {
        const { id: chatId } = (await store.chats.byExternalId(chat))!;
        const messages = await store.messages.page({ chatId, after: 0, limit: 3_000 });
        assert.deepEqual(
          messages.map(({ text }) => text.split(" ")[1]),
          lines.slice(0, 3_000).map((_, i) => `${i}`),
        );
        const ids = messages.map(({ id }) => id);
        assert.deepEqual(ids, ids.toSorted());
      }
    });
  });

  test("a chat that people already have gets what is imported behind what they wrote", async (world) => {
    await world.import(PEOPLE);
    const [ann, ben] = [await world.signIn("ann"), await world.signIn("ben")];
    const sent = await ann.client.post("/api/messages", { recipientId: ben.id, text: "first" });
    const direct = {
      type: "chat",
      externalId: "ann-ben",
      kind: "direct",
      createdAt: at(1),
      members: [{ person: "ben" }, { person: "ann" }],
    };
    const { code, out } = await world.import([direct, aMessage("ann-ben", "ben", { text: "old" })]);
    assert.equal(code, 0);
    assert.match(out, /0 chats, 1 messages/);
    const { items } = (await ann.client.get(`/api/messages/${sent.body.chatId}`)).body;
    assert.deepEqual(items.map(({ text }: { text: string }) => text), ["old", "first"]);
  });

  test("people write into a chat while it is imported into, and nothing is lost", async (world) => {
    await world.import([...PEOPLE, aGroup("kites", ["ann", "ben"])]);
    const [chatId, ann] = [await world.chatId("kites"), await world.signIn("ann")];
    const lines = Array.from(
      { length: 3_000 },
      (_, i) => aMessage("kites", "ben", { text: `old ${i}` }),
    );
    let isDone = false, sent = 0;
    const sending = (async () => {
      for (; !isDone; sent++) {
        const text = `new ${sent}`;
        const { status } = await ann.client.post("/api/messages", { chatId, text });
        assert.equal(status, 201);
      }
    })();
    const { code, refused } = await world.import(lines);
    isDone = true;
    await sending;
    assert.deepEqual([code, refused], [0, []]);
    const texts = await world.store(async (store) => {
      const found: Message[] = [];
      // An import that takes its time on a busy machine leaves time for many messages.
      for (let after = 0;;) {
        const page = await store.messages.page({ chatId, after, limit: 1_000 });
        if (page.length === 0) return found.map(({ text }) => text);
        found.push(...page);
        after = page.at(-1)!.seq;
      }
    });
    const of = (kind: string) => texts.filter((text) => text.startsWith(kind));
    assert.deepEqual(of("old "), lines.map((_, i) => `old ${i}`));
    assert.deepEqual(of("new "), Array.from({ length: sent }, (_, i) => `new ${i}`));
  });

  test("a connected client gets what is imported into its chat, and new chats when it is back", async (world) => {
    await world.import([...PEOPLE, aGroup("kites", ["ann", "ben"])]);
    const { token, client } = await world.signIn("ann");
    const url = world.app.webSocketUrl;
    await using connected = await new CatchingUpClient({ urls: [url], token }).start();
    const texts = Array.from({ length: 700 }, (_, i) => `kite ${i}`);
    const { code } = await world.import([
      ...texts.map((text) => aMessage("kites", "ben", { text })),
      aGroup("later", ["ann", "ben"]),
      aMessage("later", "ben", { text: "in a new chat" }),
    ]);
    assert.equal(code, 0);
    const [kites, later] = [await world.chatId("kites"), await world.chatId("later")];
    await eventually("the messages arrive", () => {
      assert.deepEqual(connected.chat(kites).texts, texts);
      return true;
    });
    connected.cut();
    await eventually("the new chat is there", () => {
      return connected.chat(later).texts[0] === "in a new chat";
    });
    // The next message is an ordinary one.
    await client.post("/api/messages", { chatId: kites, text: "a new one" });
    await eventually("the new message arrives", () => {
      return connected.chat(kites).texts.at(-1) === "a new one";
    });
  });
}

async function unreadOf(world: ImportWorld, person: string): Promise<Record<string, number>> {
  const { client } = await world.signIn(person);
  const { items } = (await client.get("/api/chats")).body;
  return Object.fromEntries(
    items.map((
      { unread, chat }: { unread: number; chat: { kind: string } },
    ) => [chat.kind, unread]),
  );
}

async function assertChats(
  world: ImportWorld,
  client: HttpClient,
  chatId: string,
): Promise<void> {
  const { items } = (await client.get("/api/chats")).body;
  assert.deepEqual(items.map(({ unread }: { unread: number }) => unread), [0, 0]);
  // The newest activity first, which is that of the messages.
  assert.deepEqual(
    items.map(({ chat }: { chat: { kind: string } }) => chat.kind),
    ["direct", "group"],
  );
  const { body } = await client.get(`/api/chats/${chatId}`);
  assert.deepEqual(
    [body.name, body.description, body.createdAt, body.custom],
    ["Kites", "All about kites", at(0), { topic: "kites" }],
  );
  const members = body.members.map((
    { role, joinedAt }: Record<string, string>,
  ) => [role, joinedAt]);
  assert.deepEqual(members, [["member", at(0)], ["member", at(0)], ["owner", at(5)]]);
  const robot = (await world.backend.get("/api/server/users/robot")).body.user;
  assert.equal(robot.bot, true);
}
