import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { assertAccessible } from "../support/axe.ts";
import { grantAdmin } from "../support/grant_admin.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";
import { startBot } from "../support/page_bot.ts";

Deno.test(
  "the page completes mentions and emoji by keyboard, and notifies the mentioned member",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Friends", "bob");
    await bob.chat("Friends").waitFor();
    await ann.composer.pressSequentially("Hello @b");
    const list = ann.page.getByRole("listbox", { name: "Members to mention" });
    await list.getByRole("option", { name: "bob" }).waitFor();
    await assertAccessible(ann.page, "completion of a mention");
    const active = await ann.composer.getAttribute("aria-activedescendant");
    assert.equal(await list.getByRole("option").first().getAttribute("id"), active);
    await ann.composer.press("Escape");
    await list.waitFor({ state: "detached" });
    await ann.composer.press("o");
    await list.waitFor();
    await ann.composer.press("Enter");
    assert.equal(await ann.composer.inputValue(), "Hello @bob ");
    await ann.composer.pressSequentially(":rocke");
    await ann.page.getByRole("option", { name: "rocket" }).waitFor();
    await ann.composer.press("Tab");
    assert.equal(await ann.composer.inputValue(), "Hello @bob 🚀 ");
    await ann.composer.press("Enter");
    await ann.message("Hello @bob 🚀").locator(".mention").waitFor();
    await bob.chat("Friends").locator(".badge", { hasText: "@" }).waitFor();
    await bob.chat("Friends").click();
    await bob.message("Hello").locator(".mention.me").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page completes the commands of a chat's bots, and shows a bot's answer",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await grantAdmin(server, "ann");
    const made = await ann.call("POST", "/admin/bots", { name: "Weather", username: "weather" });
    await using bot = await startBot(server, made.token, [
      { name: "forecast", description: "Asks for the days to come", usage: "<city> [days]" },
      { name: "now", description: "Asks for the weather", usage: "<city>" },
    ], ({ name, args }) => `${name}: sun in ${args}`);
    await ann.startGroup("Friends", "bob", "weather");
    await ann.page.getByRole("heading", { name: "Friends" }).waitFor();
    const list = ann.page.getByRole("listbox", { name: "Commands of the bots" });
    await ann.composer.pressSequentially("/");
    await list.getByRole("option").nth(1).waitFor();
    const texts = await list.getByRole("option").allTextContents();
    assert.match(texts[0], /\/forecast <city> \[days\]Asks for the days to come/);
    await assertAccessible(ann.page, "completion of a command");
    await ann.composer.press("ArrowDown");
    const now = list.getByRole("option", { name: "/now", selected: true });
    await now.waitFor();
    const active = await ann.composer.getAttribute("aria-activedescendant");
    assert.equal(await now.getAttribute("id"), active);
    await ann.composer.press("Enter");
    assert.equal(await ann.composer.inputValue(), "/now ");
    await list.waitFor({ state: "detached" });
    await ann.composer.pressSequentially("Paris");
    await ann.composer.press("Enter");
    await ann.message("now: sun in Paris").waitFor();
    const sender = ann.page.getByRole("heading", { name: "Weather Bot" });
    await sender.first().waitFor();
    // By pointer, on a phone; and not in the middle of a message.
    await bob.chat("Friends").click();
    await bob.composer.pressSequentially("either /fo");
    await bob.page.getByRole("listbox").waitFor({ state: "detached" });
    await bob.composer.fill("");
    await bob.composer.pressSequentially("/fo");
    await bob.page.getByRole("option", { name: "/forecast" }).click();
    assert.equal(await bob.composer.inputValue(), "/forecast ");
    await bob.composer.pressSequentially("Rome");
    await bob.composer.press("Enter");
    await bob.message("forecast: sun in Rome").waitFor();
    await ann.startChat("bob");
    await ann.page.getByText("Nothing here yet").waitFor();
    await ann.composer.pressSequentially("/now");
    assert.equal(await ann.page.getByRole("option").count(), 0);
    assert.deepEqual(bot.faults, []);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page offers emoji by group, by name and in a skin tone, and those used last",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    await ann.startChat("bob");
    const picker = ann.page.getByRole("dialog", { name: "Search emoji" });
    await ann.page.getByRole("button", { name: "Emoji", exact: true }).click();
    await picker.getByRole("button", { name: "grinning face", exact: true }).waitFor();
    await assertAccessible(ann.page, "emoji picker");
    await picker.getByRole("button", { name: "Flags" }).click();
    await picker.getByRole("button", { name: "Germany" }).waitFor();
    const search = picker.getByRole("searchbox", { name: "Search emoji" });
    await picker.getByLabel("Skin tone").selectOption({ label: "✋🏽" });
    await search.fill("thumbs up");
    await picker.getByRole("button", { name: "thumbs up" }).waitFor();
    await search.press("ArrowDown");
    await ann.page.keyboard.press("ArrowRight");
    await ann.page.keyboard.press("ArrowLeft");
    await ann.page.keyboard.press("ArrowUp");
    const hasFocus = () => search.evaluate((element) => element === document.activeElement);
    assert.equal(await hasFocus(), true, "above the first row is the search");
    await search.press("ArrowDown");
    await ann.page.keyboard.press("Enter");
    assert.equal(await ann.composer.inputValue(), "👍🏽");
    await ann.page.keyboard.press("Escape");
    await picker.waitFor({ state: "detached" });
    await ann.page.reload();
    await ann.page.getByRole("button", { name: "Emoji", exact: true }).click();
    await picker.getByRole("heading", { name: "Used recently" }).waitFor();
    await picker.getByRole("button", { name: "thumbs up" }).click();
    assert.equal(await ann.composer.inputValue(), "👍🏽👍🏽");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page forwards a message, links to it, and shows who has read and reacted",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await ann.page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await ann.keepToasts();
    await ann.startChat("bob");
    await ann.page.getByText("Nothing here yet").waitFor();
    await ann.startGroup("Friends", "bob");
    await ann.page.getByRole("heading", { name: "Friends" }).waitFor();
    await ann.write("Bring **cake** and `plates`");
    const chatId = await ann.openChatId();
    await bob.chat("Friends").click();
    await bob.act("cake", "More reactions");
    const picker = bob.page.getByRole("dialog", { name: "React with" });
    await picker.getByLabel("Search emoji").fill("birthday cake");
    await picker.getByRole("button", { name: "birthday cake" }).click();
    await ann.message("cake").getByRole("button", { name: "🎂 1 from bob" }).waitFor();
    await ann.act("Bring", "Info");
    const info = ann.page.getByRole("dialog", { name: "About this message" });
    await info.getByText("Read by (1)").waitFor();
    await info.getByText("🎂").waitFor();
    await assertAccessible(ann.page, "info of a message");
    await ann.page.keyboard.press("Escape");
    await info.waitFor({ state: "detached" });

    await ann.act("Bring", "Copy link");
    await ann.page.getByText("Link copied").waitFor();
    const link = await ann.page.evaluate(() => navigator.clipboard.readText());
    assert(link.startsWith(`${server.url}/#${chatId}/`), link);
    await ann.act("Bring", "Forward");
    const forward = ann.page.getByRole("dialog", { name: "Forward to" });
    await forward.getByLabel("Find a chat").fill("bo");
    await forward.getByLabel("Find a chat").press("Enter");
    await assertAccessible(ann.page, "forwarding");
    await forward.getByRole("button", { name: "Forward", exact: true }).click();
    await ann.page.getByText("Forwarded to 1 chat", { exact: true }).waitFor();
    await ann.chat("bob").click();
    await ann.message("Bring cake and plates").waitFor();
    await ann.page.evaluate((href) => location.href = href, link);
    await ann.page.locator(".message.found", { hasText: "Bring cake" }).waitFor();

    await bob.act("Bring", "Reply");
    await bob.write("How many?");
    const quote = ann.message("How many?").locator(".quote button");
    assert.equal(await quote.locator(".quote-text").textContent(), "Bring cake and plates");
    await quote.click();
    await ann.page.locator(".message.found.mine", { hasText: "Bring cake" }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page undoes a deletion, and does it after a reload and an outage otherwise",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    await ann.write("Stays");
    await ann.write("Goes");
    await bob.chat("ann").click();
    await bob.message("Goes").waitFor();
    await ann.keepToasts();
    await ann.act("Stays", "Delete");
    await ann.message("Stays").waitFor({ state: "detached" });
    await ann.page.getByRole("button", { name: "Undo" }).click();
    await ann.message("Stays").waitFor();
    await ann.act("Goes", "Delete");
    await ann.message("Goes").waitFor({ state: "detached" });
    await ann.page.reload();
    await bob.message("Message deleted").waitFor();
    await ann.message("Message deleted").waitFor();

    await ann.page.context().setOffline(true);
    await ann.page.getByText("Offline.").waitFor();
    await ann.act("Stays", "Delete");
    await ann.message("Stays").waitFor({ state: "detached" });
    await ann.page.getByRole("button", { name: "Undo" }).waitFor({ state: "detached" });
    assert.equal(await ann.message("Stays").count(), 0);
    await ann.page.context().setOffline(false);
    await bob.message("Message deleted").nth(1).waitFor();
    assert.equal(await bob.message("Stays").count(), 0);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page switches chats, lists its shortcuts, and goes through messages by keyboard",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    const { keyboard } = ann.page;
    await ann.startChat("bob");
    await ann.write("First");
    await ann.write("Second");
    await ann.message("Second").locator(".tick.sent, .tick.delivered").waitFor();
    await ann.composer.press("ArrowUp");
    await ann.page.getByText("Edit message").waitFor();
    await ann.composer.press("End");
    await ann.composer.pressSequentially(" thoughts");
    await ann.composer.press("Enter");
    await ann.message("Second thoughts").getByText("edited").waitFor();

    await ann.message("First").getByRole("button", { name: "What to do with this" }).focus();
    await keyboard.press("ArrowDown");
    await ann.message("Second").locator(".bubble:focus").waitFor();
    await keyboard.press("ArrowUp");
    await ann.message("First").locator(".bubble:focus").waitFor();
    await keyboard.press("?");
    const list = ann.page.getByRole("dialog", { name: "Keyboard shortcuts" });
    await list.getByText("Ctrl + K").waitFor();
    await assertAccessible(ann.page, "keyboard shortcuts");
    await keyboard.press("Escape");
    await list.waitFor({ state: "detached" });
    await ann.message("First").locator(".bubble:focus").waitFor();

    await ann.startGroup("Friends", "bob");
    await ann.page.getByRole("heading", { name: "Friends" }).waitFor();
    await ann.composer.fill("Begun here");
    await keyboard.press("Control+k");
    const switcher = ann.page.getByRole("dialog", { name: "Go to a chat" });
    await switcher.getByLabel("Find a chat").fill("bob");
    await assertAccessible(ann.page, "switcher");
    assert.equal(await switcher.getByText("No chat found").count(), 0);
    await switcher.getByLabel("Find a chat").fill("nothing of that name");
    await switcher.getByText("No chat found").waitFor();
    await switcher.getByLabel("Find a chat").fill("bob");
    await switcher.getByText("No chat found").waitFor({ state: "detached" });
    await keyboard.press("Enter");
    await switcher.waitFor({ state: "detached" });
    await ann.message("First").waitFor();
    await keyboard.press("Control+k");
    await switcher.getByLabel("Find a chat").fill("frie");
    await keyboard.press("ArrowDown");
    await keyboard.press("Enter");
    await ann.page.getByRole("heading", { name: "Friends" }).waitFor();
    const open = ann.page.getByRole("navigation").locator("[aria-current=page]");
    assert.match((await open.allTextContents()).join(), /^[^,]*Friends[^,]*$/);
    await eventually("its draft is back", async () => {
      return await ann.composer.inputValue() === "Begun here";
    });
    assert.deepEqual(browser.faults, []);
  },
);
