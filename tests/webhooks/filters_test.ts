import assert from "node:assert/strict";
import { isListed, linkHosts } from "../../src/webhooks/screening/links.ts";
import { WordList } from "../../src/webhooks/screening/word_list.ts";
import { openWorld, send, type World } from "./webhook_world.ts";

const ANY_LINK = { allow: "any", hosts: [], newMemberSeconds: 0 };

async function setFilters(world: World, filters: object): Promise<void> {
  const { status, body } = await world.admin.put("/api/admin/filters", {
    words: [],
    links: ANY_LINK,
    ...filters,
  });
  assert.equal(status, 200, JSON.stringify(body));
}

const masked = (words: string[], text: string) =>
  new WordList(words.map((word) => ({ word, action: "mask" as const }))).match(text).text;

Deno.test("a word list finds words at their boundaries, whatever their case or script", () => {
  assert.equal(masked(["ass"], "An ASS, a class, an ass."), "An ***, a class, an ***.");
  assert.equal(masked(["straße"], "Die STRASSE und die Straße"), "Die STRASSE und die ******");
  assert.equal(masked(["плохо"], "Это ПЛОХО, неплохо"), "Это *****, неплохо");
  assert.equal(masked(["坏人"], "他是坏人吗"), "他是**吗");
  assert.equal(
    masked(["two  words"], "Two words; twowords; two\nwords"),
    "*** *****; twowords; ***\n*****",
  );
  assert.equal(masked(["bad"], "b\u200bad ｂａｄ badly"), "**** *** badly");
  assert.equal(masked(["a b", "b c"], "a b c"), "* * *");
  assert.equal(masked([], "all is well"), "all is well");
});

Deno.test("linkHosts finds links of any scheme, and of those that browsers complete", () => {
  for (
    const link of [
      "ftp://evil.com/x",
      "tg://evil.com",
      "https:evil.com",
      "HTTPS:/evil.com/x",
      "[here](//evil.com/x)",
      "https:\\\\evil.com",
      "//ann@evil.com",
    ]
  ) assert.deepEqual(linkHosts(link), ["evil.com"], link);
  assert.deepEqual(linkHosts("and://or file:///etc /readme // http: https://"), []);
});

Deno.test("linkHosts finds IPv6 addresses, which stand in brackets", () => {
  for (
    const link of ["http://[::1]/", "https://ann@[::1]:8080", "see (//[::1])", "HTTP:\\\\[::1]"]
  ) {
    assert.deepEqual(linkHosts(link), ["[::1]"], link);
  }
  assert.deepEqual(linkHosts("[::1] a[1] [12:30] http://[12:30]"), []);
  assert.deepEqual(linkHosts("/[".repeat(100_000) + "/[:".repeat(100_000)), []);
});

Deno.test("no character that is drawn as nothing hides a listed word or a link", () => {
  for (
    const hidden of ["\u00ad", "\u034f", "\u115f", "\u180b", "\u200b", "\u2065", "\u3164", "\ufe0f"]
  ) {
    const name = hidden.codePointAt(0)!.toString(16);
    assert.equal(masked(["bad"], `b${hidden}ad badly`), "**** badly", name);
    assert.equal(masked([`b${hidden}ad`], "bad"), "***", name);
    for (const link of ["evil.com", "https://evil.com/x"]) {
      const split = link.replace("evil", `ev${hidden}il`);
      assert.ok(linkHosts(split).includes("evil.com"), `${name} within ${link}`);
      const tail = link.replace(".com", `.com${hidden}.example.org`);
      const hosts = linkHosts(tail);
      assert.ok(hosts.some((host) => !isListed(host, ["example.org"])), `${name} behind ${link}`);
    }
  }
});

Deno.test("a word list takes time linear in the text", () => {
  const words = Array.from({ length: 2_000 }, (_, n) => ({
    word: `a ${"a ".repeat(n % 30)}b${n}`,
    action: "refuse" as const,
  }));
  const list = new WordList(words);
  assert.equal(list.match("a ".repeat(50_000)).refused, null);
  assert.equal(list.match("a".repeat(100_000)).refused, null);
  assert.equal(list.match(`${"a ".repeat(100)}a b0`).refused, "a b0");
});

Deno.test("linkHosts finds links with and without a scheme, and nothing else", () => {
  assert.deepEqual(
    linkHosts("see https://Example.org/a?b, http://b.example:8080 or (www.c.example)!"),
    [
      "example.org",
      "b.example",
      "www.c.example",
    ],
  );
  assert.deepEqual(linkHosts("evil.com/x and evil.com."), ["evil.com", "evil.com"]);
  assert.deepEqual(linkHosts("3.14, e.g. this, ann@example.org, end.Next 1.2.3 ..."), ["end.next"]);
  assert.deepEqual(linkHosts("evil.com/@ann evil.com?a=b@c a@evil.com/x"), [
    "evil.com",
    "evil.com",
  ]);
  assert.deepEqual(linkHosts("xhttps://münchen.example"), ["xn--mnchen-3ya.example"]);
  assert.deepEqual(linkHosts("a".repeat(100_000) + ".".repeat(100_000)), []);
  assert.deepEqual(linkHosts("/".repeat(100_000) + ":".repeat(100_000)), []);
  assert.equal(isListed("docs.example.org", ["example.org"]), true);
  assert.equal(isListed("badexample.org", ["example.org"]), false);
});

Deno.test("listed words are refused, masked or reported, in sends and in edits", async () => {
  await using world = await openWorld();
  const { ann, admin, chatId } = world;
  await setFilters(world, {
    words: [
      { word: "forbidden", action: "refuse" },
      { word: "rude", action: "mask" },
      { word: "suspicious", action: "report" },
    ],
  });
  const refused = await ann.post("/api/messages", { chatId, text: "A Forbidden thing" });
  assert.deepEqual([refused.status, refused.body.code], [422, "message_refused"]);
  const id = await send(ann, chatId, "how rude");
  const text = async () => (await ann.get(`/api/messages/${chatId}`)).body.items[0].text;
  assert.equal(await text(), "how ****");
  assert.equal((await ann.put(`/api/messages/${id}`, { text: "forbidden" })).status, 422);
  await ann.put(`/api/messages/${id}`, { text: "rude and Suspicious" });
  assert.equal(await text(), "**** and Suspicious");
  const { items } = (await admin.get("/api/admin/reports")).body;
  assert.equal(items.length, 1);
  assert.deepEqual([items[0].messageId, items[0].details], [id, "Word list: Suspicious"]);
  await setFilters(world, {});
  await send(ann, chatId, "forbidden no more");
});

Deno.test("links are limited to listed hosts, and new members may have to wait", async () => {
  await using world = await openWorld();
  const { app, ann, chatId } = world;
  await setFilters(world, {
    links: { allow: "listed", hosts: ["Example.org"], newMemberSeconds: 600 },
  });
  const status = async (text: string) => (await ann.post("/api/messages", { chatId, text })).status;
  assert.equal(await status("https://example.org"), 422, "ann has just joined");
  assert.equal(await status("no link"), 201);
  app.clock.ahead += 700_000;
  assert.equal(await status("https://docs.example.org/x"), 201);
  assert.equal(await status("https://example.org.evil.example"), 422);
  assert.equal(await status("www.evil.example"), 422);
});

Deno.test("filters are bounded", async () => {
  await using world = await openWorld();
  const words = Array.from({ length: 2_001 }, (_, n) => ({ word: `w${n}`, action: "mask" }));
  const put = (filters: object) =>
    world.admin.put("/api/admin/filters", { words: [], links: ANY_LINK, ...filters });
  assert.equal((await put({ words })).status, 400);
  assert.equal((await put({ links: { ...ANY_LINK, hosts: ["not a host"] } })).status, 400);
  assert.equal((await put({ words: words.slice(1) })).status, 200);
  assert.equal((await world.admin.get("/api/admin/filters")).body.words.length, 2_000);
});
