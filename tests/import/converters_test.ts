import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { flag } from "../support/pictures.ts";
import { testedStores } from "../support/tested_stores.ts";
import { everything, ImportWorld } from "./import_world.ts";
import { MATTERMOST_EXPORT } from "./mattermost_export.ts";
import { writeSlackExport } from "./slack_export.ts";

const source = (path: string) =>
  fileURLToPath(new URL(`../../src/import/${path}`, import.meta.url));

/** Runs a converter, as its task does; the lines go where its user would put them. */
async function convert(
  program: "slack" | "mattermost",
  args: string[],
  to: string,
): Promise<string[]> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-read", source(`${program}/main.ts`), ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const notes = new TextDecoder().decode(stderr).trim();
  assert.equal(code, 0, notes);
  await Deno.writeFile(to, stdout);
  return notes === "" ? [] : notes.split("\n");
}

// deno-lint-ignore no-explicit-any -- an answer of the API
async function historyOf(world: ImportWorld, person: string, chat: string): Promise<any[]> {
  const { client } = await world.signIn(person);
  const { body } = await client.get(`/api/messages/${await world.chatId(chat)}`);
  return body.items.toReversed();
}

/** Imports twice, and fails if anything is refused, or new the second time. */
async function importTwice(world: ImportWorld, name: string): Promise<void> {
  const { code, refused } = await world.run(name);
  assert.deepEqual([code, refused], [0, []]);
  const before = await world.store(everything);
  assert.equal((await world.run(name)).code, 0);
  assert.deepEqual(await world.store(everything), before);
}

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name: `${name}: an export of Slack is read over the API`,
    ignore,
    fn: async () => {
      await using world = await ImportWorld.start(environment());
      await writeSlackExport(world.folder.path, await flag(40, 30, ".png"));
      const notes = await convert("slack", [world.folder.path], world.folder.join("chats.ndjson"));
      assert.deepEqual(notes.sort(), [
        "Left out: 1 × messages (channel_topic)",
        "Left out: 1 × reactions with emoji of one's own",
        "Left out: 1 × references of replies to messages that are missing",
        "Left out: 2 × files without bytes",
      ]);
      await importTwice(world, "chats.ndjson");
      await assertSlackChannel(world);
      await assertSlackChats(world);
    },
  });

  Deno.test({
    name: `${name}: an export of Mattermost is read over the API`,
    ignore,
    fn: async () => {
      await using world = await ImportWorld.start(environment());
      await Deno.mkdir(world.folder.join("data", "20210304", "files"), { recursive: true });
      const picture = world.folder.join("data", "20210304", "files", "flag.png");
      await Deno.writeFile(picture, await flag(40, 30, ".png"));
      await world.write("import.jsonl", MATTERMOST_EXPORT);
      await Deno.writeTextFile(world.folder.join("people.json"), '{"ann": "customer-17"}');
      const notes = await convert(
        "mattermost",
        [world.folder.join("import.jsonl"), "--people", world.folder.join("people.json")],
        world.folder.join("chats.ndjson"),
      );
      assert.deepEqual(notes.sort(), [
        "Left out: 1 × chats without people",
        "Left out: 1 × files that are not in the export",
        "Left out: 1 × messages (system_header_change)",
        "Left out: 1 × reactions with emoji of one's own",
      ]);
      await importTwice(world, "chats.ndjson");
      await assertMattermost(world);
    },
  });
}

async function assertSlackChannel(world: ImportWorld): Promise<void> {
  const ann = await world.signIn("U1ANN");
  const ids: Record<string, string> = { [ann.id]: "U1ANN" };
  for (const person of ["U2BEN", "U4CEM", "U3BOT", "B9HOOK", "U5GUEST"]) {
    ids[(await world.backend.get(`/api/server/users/${person}`)).body.user.id] = person;
  }
  const items = await historyOf(world, "U1ANN", "C1GENERAL");
  assert.deepEqual(
    items.map(({ senderId, text, kind, deletedAt }) =>
      kind === "system" ? "system" : deletedAt ? "deleted" : `${ids[senderId]}: ${text}`
    ),
    [
      "system",
      "U1ANN: Hello @cem & @ben, see the page (https://example.com/a?b=1&c=2) in #old-project " +
      "**today** ~~never~~ `a *b* @channel` 👋🏼 1 < 2",
      "U2BEN: In the thread",
      "U3BOT: Build 7 (https://ci.example.com/7)",
      "B9HOOK: from a hook",
      "deleted",
      "system",
      "U1ANN: sheet: https://docs.example.com/sheet",
      "U5GUEST: Also for everybody",
      "U1ANN: of a root that is missing",
      "U4CEM: _waves_",
    ],
  );
  const [joined, hello, answer, build, , , renamed, files, broadcast, orphan] = items;
  assert.deepEqual([joined.metadata.type, ids[joined.metadata.by]], ["member.joined", "U1ANN"]);
  assert.deepEqual([renamed.metadata.type, renamed.metadata.name], ["chat.renamed", "general"]);
  assert.deepEqual([hello.createdAt, hello.editedAt], [
    "2021-03-04T05:05:00.000Z",
    "2021-03-04T05:05:50.000Z",
  ]);
  assert.deepEqual(hello.mentions.map((id: string) => ids[id]), ["U4CEM"]);
  const [thumbs] = hello.reactions;
  assert.deepEqual(
    [thumbs.emoji, thumbs.userIds.map((id: string) => ids[id])],
    ["👍", ["U4CEM", "U2BEN", "U1ANN"]],
  );
  assert.equal(hello.reactions.length, 1);
  assert.deepEqual([answer.replyTo, broadcast.replyTo, orphan.replyTo], [hello.id, hello.id, null]);
  assert.equal(build.pinnedAt, "2021-03-04T05:08:20.000Z");
  assert.deepEqual(
    files.media.map(({ name, width }: { name: string; width: number }) => [
      name,
      width,
    ]),
    [["flag.png", 40]],
  );
}

async function assertSlackChats(world: ImportWorld): Promise<void> {
  const { client } = await world.signIn("U4CEM");
  const { items } = (await client.get("/api/chats")).body;
  // deno-lint-ignore no-explicit-any -- an answer of the API
  const shown = items.map(({ chat, unread }: any) => [chat.name, chat.kind, unread]).sort();
  assert.deepEqual(
    shown,
    [
      ["Cem", "group", 0],
      ["Ann, Ben Example, Cem", "group", 0],
      ["general", "group", 0],
    ].sort(),
  );
  const direct = await historyOf(world, "U2BEN", "D1ANNBEN");
  assert.deepEqual(direct.map(({ text }) => text), ["Hi", "Hi, Ann"]);
  const old = await historyOf(world, "U2BEN", "C2OLD");
  assert.deepEqual(old.map(({ text }) => text), ["It is done"]);
  const general = (await world.signIn("U1ANN")).client;
  const { body } = await general.get(`/api/chats/${await world.chatId("C1GENERAL")}`);
  assert.deepEqual([body.description, body.members.length], ["Everything & more", 3]);
  const quiet = await general.get(`/api/chats/${await world.chatId("C3QUIET")}`);
  assert.deepEqual([quiet.body.name, quiet.body.lastMessage ?? null], ["quiet", null]);
  const found = (await client.get("/api/messages/search?q=just%20three")).body.items;
  assert.equal(found.length, 1);
}

async function assertMattermost(world: ImportWorld): Promise<void> {
  const ann = await world.signIn("customer-17");
  assert.equal((await ann.client.get("/api/users/profile")).body.displayName, "Annie");
  const items = await historyOf(world, "customer-17", "kites:town-square");
  assert.deepEqual(items.map(({ text, kind }) => kind === "system" ? "system" : text), [
    "system",
    "Hello @ben and @gone, a **kite** 🎉",
    "An answer, between",
    "The second one",
    "An answer, after",
  ]);
  const [, hello, between, second, after] = items;
  assert.deepEqual([between.replyTo, after.replyTo, second.replyTo], [hello.id, hello.id, null]);
  assert.equal(hello.editedAt, "2021-03-04T05:05:50.000Z");
  assert.deepEqual(hello.reactions.map(({ emoji }: { emoji: string }) => emoji), ["👍🏽"]);
  assert.equal(hello.mentions.length, 1);
  assert.equal(second.pinnedAt, second.createdAt);
  assert.equal(between.media[0].name, "flag.png");
  const { body } = await ann.client.get(`/api/chats/${await world.chatId("kites:town-square")}`);
  assert.deepEqual(
    // Those who joined at the same time have no order.
    body.members.map(({ role }: { role: string }) => role).sort(),
    ["member", "owner"],
  );
  const direct = await historyOf(world, "ben", "direct:ann+ben");
  assert.deepEqual(direct.map(({ text }) => text), ["In private", "Yes"]);
  const three = await historyOf(world, "gone", "direct:ann+ben+gone");
  assert.deepEqual(three.map(({ text }) => text), ["We three", "We three again"]);
}

Deno.test("a converter reports what is no export", async () => {
  await using world = await ImportWorld.start();
  await world.write("other.jsonl", [{ type: "post" }, { type: "version", version: 1 }]);
  const failed = async (program: string, ...args: string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-read", source(`${program}/main.ts`), ...args],
      env: { NO_COLOR: "1" },
    }).output();
    return [code, new TextDecoder().decode(stderr).trim()];
  };
  const [slackCode, slack] = await failed("slack", world.folder.path);
  assert.equal(slackCode, 1);
  assert.match(String(slack), /there is no users\.json in it; unpack the export$/);
  const [code, reason] = await failed("mattermost", world.folder.join("other.jsonl"));
  assert.equal(code, 1);
  assert.match(String(reason), /its first line has no version$/);
  assert.equal((await failed("slack"))[0], 64);
  assert.equal((await failed("mattermost", "--people"))[0], 64);
  const map = world.folder.join("people.json");
  for (const text of ["{}", "[]", "7", "null", '{"ann": 17}', '{"ann": "17", "ben": null}']) {
    await Deno.writeTextFile(map, text);
    const [code, reason] = await failed("slack", world.folder.path, "--people", map);
    assert.equal(code, 1);
    assert.match(String(reason), /people\.json: it must be a JSON object of ids/, text);
  }
});
