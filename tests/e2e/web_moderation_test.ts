import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { assertAccessible } from "../support/axe.ts";
import { grantAdmin } from "../support/grant_admin.ts";
import { PAGE_TEST, type PageWorld, pageWorld } from "../support/page_world.ts";

async function adminWorld(): Promise<PageWorld> {
  const world = await pageWorld({ ADMIN_SECOND_FACTOR: "optional" });
  await grantAdmin(world.server, "ann");
  return world;
}

async function openTab(page: Page, tab: string): Promise<void> {
  await page.evaluate((hash) => location.hash = hash, `admin/${tab}`);
}

async function assertFits(page: Page): Promise<void> {
  const before = page.viewportSize()!;
  await page.setViewportSize({ width: 390, height: 844 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert(width <= 390, `${width} px wide`);
  await page.setViewportSize(before);
}

Deno.test(
  "an administrator finds a chat, freezes it, lets its members write again, and removes one",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, bob, browser } = world;
    const { page } = ann;
    const cleo = await world.join("cleo");
    await bob.startGroup("Kites", "cleo");
    await bob.page.getByRole("heading", { name: "Kites" }).waitFor();
    await bob.write("Who flies on Sunday?");
    await cleo.chat("Kites").click();
    await cleo.message("Who flies").waitFor();
    await openTab(page, "chats");
    await page.getByLabel("Find chats").fill("kit");
    await page.getByRole("article", { name: "Kites" }).getByText("2 members").waitFor();
    await assertAccessible(page, "chats");
    await assertFits(page);
    await page.getByRole("link", { name: "Kites" }).click();
    const chat = page.getByRole("article", { name: "Kites" });
    await page.getByText("@cleo").waitFor();
    await chat.getByRole("button", { name: "Freeze" }).click();
    const dialog = page.getByRole("dialog", { name: "Freeze this chat?" });
    await dialog.getByLabel(/^Reason/).fill("Please cool down.");
    await assertAccessible(page, "freezing a chat");
    await dialog.getByRole("button", { name: "Freeze" }).click();
    await chat.getByText(/^Frozen .* by ann: Please cool down/).waitFor();
    await assertAccessible(page, "a frozen chat, for an administrator");

    for (const member of [bob, cleo]) {
      await member.page.getByText("has frozen this chat. Please cool down.").waitFor();
      await member.composer.waitFor({ state: "detached" });
    }
    await assertAccessible(cleo.page, "a frozen chat");
    await cleo.message("Who flies").hover();
    await cleo.page.getByRole("button", { name: "What to do with this message" }).click();
    await cleo.page.getByRole("button", { name: "Report", exact: true }).waitFor();
    for (const name of ["Reply", "Pin", "React with 👍"]) {
      assert.equal(await cleo.page.getByRole("button", { name, exact: true }).count(), 0, name);
    }
    await cleo.page.reload();
    await cleo.page.getByText("Please cool down.").waitFor();

    await chat.getByRole("button", { name: "Let them write again" }).click();
    await chat.getByRole("button", { name: "Freeze" }).waitFor();
    await cleo.write("I do");
    await bob.message("I do").waitFor();
    await page.getByRole("button", { name: "Remove: cleo" }).click();
    const removing = page.getByRole("dialog", { name: "Remove cleo from this group?" });
    await removing.getByLabel(/^Reason/).fill("Off topic");
    await removing.getByRole("button", { name: "Remove" }).click();
    await page.getByText("@cleo").waitFor({ state: "detached" });
    await cleo.page.getByText("You are no longer in this group.").waitFor();
    await openTab(page, `people/${await bob.id()}`);
    await page.getByRole("link", { name: "Their chats" }).click();
    await page.getByText("Chats of bob").waitFor();
    await page.getByRole("article", { name: "Kites" }).waitFor();
    await page.getByLabel("State").selectOption("Frozen");
    await page.getByText("No chats match").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);
