import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually } from "../support/eventually.ts";
import { storedEntries } from "../support/page_storage.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

Deno.test(
  "the page keeps a refused text and its reason over a reload, and sends it once that is possible",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    await ann.write("Hello");
    await bob.chat("ann").waitFor();
    await bob.call("POST", "/users/block", { userId: await ann.id() });
    await ann.write("Please answer");
    await ann.message("Please answer").getByText("Not sent").waitFor();
    await ann.page.reload();
    const refused = ann.message("Please answer");
    await refused.getByText("Not sent").waitFor();
    await refused.getByRole("button", { name: "Send again" }).click();
    await refused.getByText("Not sent").waitFor();
    await bob.call("POST", "/users/block", { userId: await ann.id(), unblock: true });
    await refused.getByRole("button", { name: "Send again" }).click();
    await refused.locator(".tick.sent, .tick.delivered, .tick.read").waitFor();
    await bob.chat("ann").click();
    await bob.message("Please answer").waitFor();
    assert.deepEqual(await ann.texts, ["Hello", "Please answer"]);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page keeps drafts and offline messages over a reload",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await ann.startChat("bob");
    await ann.write("Hello");
    const chatId = await ann.openChatId();
    await ann.composer.fill("Half a sent");
    await ann.page.reload();
    await eventually("the draft is back", async () => {
      return await ann.composer.inputValue() === "Half a sent";
    });
    await ann.composer.fill("");

    const context = ann.page.context();
    await context.setOffline(true);
    await ann.page.getByText("Offline.").waitFor();
    await ann.write("From the tunnel");
    await ann.message("From the tunnel").locator(".tick.sending").waitFor();
    await ann.page.close();
    await context.setOffline(false);
    const page = await context.newPage();
    await page.goto(`${server.url}/#${chatId}`);
    await page.locator(".message", { hasText: "From the tunnel" })
      .locator(".tick.sent, .tick.delivered").waitFor();
    await bob.chat("ann").click();
    await bob.message("From the tunnel").waitFor();
    assert.deepEqual(await bob.texts, ["Hello", "From the tunnel"]);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page keeps an offline edit, reaction, pin and deletion over a reload, and sends them",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await ann.startChat("bob");
    await ann.write("Helo");
    await ann.write("By mistake");
    await bob.chat("ann").click();
    await bob.write("Hi");
    await ann.message("Hi").waitFor();
    const chatId = await ann.openChatId();

    const context = ann.page.context();
    await context.setOffline(true);
    await ann.page.getByText("Offline.").waitFor();
    await ann.act("Helo", "Edit");
    await ann.rewrite("Helo", "Hello");
    await ann.message("Hello").locator(".tick.sending").waitFor();
    await ann.act("Hi", "React with 🎉");
    await ann.message("Hi").locator(".reaction").waitFor();
    await ann.act("Hi", "Pin");
    await ann.message("Hi").getByLabel("Pinned").waitFor();
    await ann.act("By mistake", "Delete");
    await ann.message("By mistake").waitFor({ state: "detached" });
    await untilQueued(ann.page, 4);
    await ann.page.close();

    await context.setOffline(false);
    const page = await context.newPage();
    await page.goto(`${server.url}/#${chatId}`);
    const again = new PageVisitor(page, "ann");
    for (const who of [again, bob]) {
      await who.message("Hello").waitFor();
      await who.message("Hi").getByText("🎉 1").waitFor();
      await who.message("Hi").getByLabel("Pinned").waitFor();
      await who.message("By mistake").waitFor({ state: "detached" });
    }
    await untilQueued(page, 0);
    await page.locator(".tick.sending").waitFor({ state: "detached" });
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page shows why an edit was refused, with the old text, and discards or sends it again",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    await ann.write("Helo");
    await bob.chat("ann").waitFor();
    await bob.call("POST", "/users/block", { userId: await ann.id() });
    for (const text of ["Hallo", "Hello"]) {
      await ann.act("Helo", "Edit");
      await ann.rewrite("Helo", text);
      await ann.message("Helo").getByText(`Not sent: Edit “${text}”: Cannot`).waitFor();
    }
    await ann.page.reload();
    const message = ann.message("Helo");
    await message.getByText("Not sent: Edit “Hallo”: Cannot").waitFor();
    await message.getByRole("button", { name: "Discard" }).first().click();
    await message.getByText("Not sent: Edit “Hallo”").waitFor({ state: "detached" });
    await bob.call("POST", "/users/block", { userId: await ann.id(), unblock: true });
    await message.getByRole("button", { name: "Send again" }).click();
    await bob.chat("ann").click();
    await bob.message("Hello").waitFor();
    await ann.message("Hello").waitFor();
    await ann.page.getByText("Not sent").waitFor({ state: "detached" });
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page shows that its session was ended elsewhere, and a tab follows another",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser, server } = world;
    const second = await ann.page.context().newPage();
    await second.goto(server.url);
    await second.getByRole("button", { name: "New chat" }).waitFor();
    await second.getByRole("button", { name: "Sign out" }).click();
    await second.getByRole("button", { name: "Sign in" }).waitFor();
    await ann.page.getByText("You have signed out in another tab.").waitFor();

    const login = { identifier: "bob", password: "correct horse battery staple" };
    const response = await fetch(`${server.url}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(login),
    });
    const { accessToken } = await response.json();
    const ended = await fetch(`${server.url}/api/sessions`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${accessToken}` },
    });
    assert(ended.ok, `${ended.status} ${await ended.text()}`);
    await world.bob.page.getByText("Your session has ended").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

/** Resolves once the page's database has as many messages and changes that wait to be sent. */
async function untilQueued(page: Page, count: number): Promise<void> {
  await eventually(`${count} wait to be sent`, async () => await queued(page) === count);
}

async function queued(page: Page): Promise<number> {
  const entries = await storedEntries(page);
  return entries.filter(({ name }) => name.startsWith("outbox/")).length;
}
