import assert from "node:assert/strict";
import { buildPage } from "../../src/web/build/build_page.ts";
import { assertAccessible } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { ServerProcess } from "../support/server_process.ts";

Deno.test(
  "axe-core finds no fault in the page's sign-in, in either theme",
  PAGE_TEST,
  async () => {
    await buildPage();
    await using server = await ServerProcess.start();
    await using browser = await TestBrowser.launch();
    const page = await browser.page();
    await page.goto(server.url);
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    await assertAccessible(page, "sign in");
    await page.getByRole("button", { name: "Create an account" }).click();
    await page.getByLabel("E-mail").waitFor();
    await assertAccessible(page, "create an account");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("button", { name: "Forgot your password?" }).click();
    await page.getByRole("button", { name: "Send the link" }).waitFor();
    await assertAccessible(page, "forgotten password");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "axe-core finds no fault in the page's chats, menus and dialogs, in either theme",
  PAGE_TEST,
  async () => {
    await buildPage();
    await using server = await ServerProcess.start();
    await using browser = await TestBrowser.launch();
    const ann = await PageVisitor.register(await browser.page(), server.url, "ann");
    await ann.page.getByText("No chats yet").waitFor();
    await assertAccessible(ann.page, "no chats");
    await PageVisitor.register(await browser.page(), server.url, "bob");
    await ann.page.getByRole("button", { name: "New chat" }).click();
    await ann.page.getByLabel("Find people").fill("bob");
    await ann.page.getByRole("button", { name: "@bob" }).waitFor();
    await assertAccessible(ann.page, "new chat");
    await ann.page.getByRole("button", { name: "@bob" }).click();
    await ann.page.getByText("Nothing here yet").waitFor();
    await assertAccessible(ann.page, "empty chat");
    await ann.write("Hello **Bob**, see https://example.com and `this`\n> quote\n```\ncode\n```");
    await ann.act("Hello", "React with 🎉");
    await ann.act("Hello", "Reply");
    await ann.write("A reply");
    await ann.message("A reply").locator(".tick.sent, .tick.delivered").waitFor();
    await assertAccessible(ann.page, "chat");
    await ann.keepToasts();
    await ann.message("A reply").hover();
    await ann.message("A reply").getByRole("button", { name: "What to do with this" }).click();
    await assertAccessible(ann.page, "menu of a message");
    await ann.message("A reply").getByRole("button", { name: "Delete" }).click();
    await ann.page.getByRole("button", { name: "Undo" }).waitFor();
    await assertAccessible(ann.page, "deleting");
    await ann.page.getByRole("button", { name: "Undo" }).click();
    await ann.message("A reply").waitFor();
    await ann.page.getByRole("button", { name: "New group" }).click();
    await assertAccessible(ann.page, "new group");
    await ann.page.getByRole("button", { name: "Cancel" }).click();
    await ann.page.setViewportSize({ width: 390, height: 760 });
    await assertAccessible(ann.page, "chat on a phone");
    await ann.page.getByRole("link", { name: "Back to the chats" }).click();
    await assertAccessible(ann.page, "list of chats on a phone");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "with forced colors the page outlines what is selected or unread",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Crew", "bob");
    await ann.write("Hello");
    await bob.chat("Crew").click();
    await bob.message("Hello").waitFor();
    const { page } = bob;
    await page.emulateMedia({ forcedColors: "active" });
    const outlines = (selector: string) =>
      page.locator(selector).evaluateAll((elements) =>
        elements.map((element) => getComputedStyle(element).outlineStyle)
      );
    assert.deepEqual(await outlines(".chat"), ["solid"]);
    await bob.act("Hello", "React with 👍");
    await page.locator(".reaction").waitFor();
    assert.deepEqual(await outlines(".reaction"), ["solid"]);
    await bob.composer.fill("@an");
    await page.getByRole("option").first().waitFor();
    assert.deepEqual(await outlines("[role=option]"), ["solid"]);
    await bob.composer.fill("");

    await page.getByRole("link", { name: "Back to the chats" }).click();
    await page.getByRole("button", { name: "Notifications" }).click();
    await page.locator(".notification").waitFor();
    assert.deepEqual(await outlines(".notification"), ["solid"]);
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "bob" }).click();
    await page.getByLabel("Busy").check();
    await page.getByLabel("About you").focus();
    assert.deepEqual(await outlines(".choice"), ["none", "none", "solid", "none"]);
    assert.deepEqual(browser.faults, []);
  },
);
