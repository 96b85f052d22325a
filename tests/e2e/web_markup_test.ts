import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { grantAdmin } from "../support/grant_admin.ts";
import { startBot } from "../support/page_bot.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

const MARKUP = `<img src="x" onerror="document.title='run'"><b>bold</b>`;
const LINK = "javascript:document.title='run'";

Deno.test(
  "the page shows markup of people, chats, bots and custom data as text",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await grantAdmin(server, "ann");
    const made = await ann.call("POST", "/admin/bots", { name: MARKUP, username: "weather" });
    await using bot = await startBot(server, made.token, [
      { name: "now", description: MARKUP.slice(0, 100), usage: "<script>" },
    ], () => MARKUP);
    const custom = { html: MARKUP, url: LINK };
    await bob.call("PUT", "/users/profile", {
      displayName: MARKUP,
      bio: `${MARKUP} ${LINK}`,
      custom,
    });
    const { items } = await ann.call("GET", "/users/search?q=bob");
    const group = await ann.call("POST", "/groups", {
      name: MARKUP,
      description: `${MARKUP} ${LINK}`,
      memberIds: [items[0].id, made.id],
      custom,
    });
    const chatId = group.id;
    await bob.call("POST", "/messages", { chatId, text: `${MARKUP} ${LINK}`, custom });
    await ann.call("POST", `/admin/chats/${chatId}/messages`, { custom: { text: MARKUP } });

    await ann.page.getByRole("navigation").getByRole("link", { name: "<img" }).first().click();
    await ann.page.locator("h1", { hasText: "<img" }).waitFor({ state: "attached" });
    await ann.message(LINK).waitFor();
    assert.ok(
      (await ann.texts).some((text) => text.includes(MARKUP)),
      "the text is shown as it is",
    );
    await ann.composer.pressSequentially("/");
    await ann.page.getByRole("option", { name: "/now" }).waitFor();
    await ann.composer.fill("");
    await ann.write("/now here");
    await eventually("the bot's answer is shown", async () => {
      return (await ann.texts).filter((text) => text.includes("<b>bold</b>")).length >= 2;
    });
    await ann.page.locator("header").getByRole("button", { name: "<img" }).first().click();
    await ann.page.getByRole("dialog").getByText("<b>bold</b>").first().waitFor();

    const foreign = await ann.page.locator("img[src='x'], [onerror], a[href^='javascript'], b")
      .count();
    assert.equal(foreign, 0, "nothing of it became an element");
    assert.notEqual(await ann.page.title(), "run");
    assert.deepEqual([bot.faults, browser.faults], [[], []]);
  },
);
