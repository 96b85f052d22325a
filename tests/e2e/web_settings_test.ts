import assert from "node:assert/strict";
import { generateSync } from "otplib";
import type { Page } from "playwright-core";
import { assertAccessible } from "../support/axe.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

const background = (page: Page) =>
  page.evaluate(() => getComputedStyle(document.body).backgroundColor);

const PASSWORD = "correct horse battery staple";

Deno.test(
  "the page changes profile, status, language and quiet hours",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    await ann.write("Hello");
    await bob.chat("ann").click();
    await ann.page.getByRole("button", { name: "ann" }).first().click();
    const dialog = ann.page.getByRole("dialog", { name: "Settings" });
    await assertAccessible(ann.page, "profile");
    await dialog.getByLabel("Name that others see").fill("Ann of the forest");
    await dialog.getByRole("button", { name: "Save" }).click();
    await bob.page.getByRole("heading", { name: "Ann of the forest" }).waitFor();
    await dialog.getByLabel("Busy").check();
    await bob.page.getByRole("main").getByText("busy").waitFor();

    await dialog.getByRole("button", { name: "Notifications" }).click();
    await dialog.getByLabel("Quiet hours").check();
    await dialog.getByLabel("From").waitFor();
    await assertAccessible(ann.page, "notification settings");
    const settings = await ann.call("GET", "/notifications/settings");
    assert.equal(settings.quietHours.start, "22:00");
    await dialog.getByRole("button", { name: "Privacy" }).click();
    await dialog.getByText("You have blocked nobody.").waitFor();
    await assertAccessible(ann.page, "privacy");

    await dialog.getByRole("button", { name: "Appearance" }).click();
    await dialog.getByLabel("Dark").check();
    assert.equal(await background(ann.page), "rgb(16, 18, 24)");
    await dialog.getByLabel("Light").check();
    assert.equal(await background(ann.page), "rgb(245, 246, 250)");
    await assertAccessible(ann.page, "appearance");
    await dialog.getByLabel("Language").selectOption("العربية");
    await ann.page.getByRole("dialog", { name: "الإعدادات" }).waitFor();
    assert.equal(await ann.page.locator("html").getAttribute("dir"), "rtl");
    await ann.page.reload();
    await ann.page.getByRole("button", { name: "دردشة جديدة" }).waitFor();
    await assertAccessible(ann.page, "from right to left");
    // The theme is kept, too.
    await ann.page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await background(ann.page), "rgb(245, 246, 250)");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page sets up and asks for a second factor, and signs other devices out",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser, server } = world;
    await ann.page.getByRole("button", { name: "ann" }).first().click();
    const dialog = ann.page.getByRole("dialog", { name: "Settings" });
    await dialog.getByRole("button", { name: "Security" }).click();
    await dialog.getByRole("button", { name: "Set up" }).click();
    const secret = (await dialog.locator(".key").textContent())!;
    await assertAccessible(ann.page, "setting up a second factor");
    await dialog.getByLabel("Code").fill(generateSync({ secret }));
    await dialog.getByRole("button", { name: "Turn on" }).click();
    const list = dialog.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await list.first().waitFor();
    const codes = await list.allTextContents();
    assert(codes.length >= 8, `${codes.length} recovery codes`);
    await ann.page.setViewportSize({ width: 360, height: 640 });
    const lines = await list.evaluateAll((items) =>
      items.map((item) => {
        const text = document.createRange();
        text.selectNodeContents(item);
        return new Set([...text.getClientRects()].map(({ top }) => top)).size;
      })
    );
    assert.deepEqual(lines, codes.map(() => 1), "each code is on one line of a small phone");
    await ann.page.setViewportSize({ width: 1280, height: 720 });

    const other = await browser.page();
    await other.goto(server.url);
    await other.getByLabel("Username or e-mail").fill("ann");
    await other.getByLabel("Password").fill(PASSWORD);
    await other.getByRole("button", { name: "Sign in" }).click();
    await other.getByLabel(/^Code of your authenticator app/).fill(codes[0]);
    await other.getByRole("button", { name: "Continue" }).click();
    await other.getByRole("button", { name: "New chat" }).waitFor();

    await dialog.getByRole("button", { name: "I have saved them" }).click();
    await dialog.getByRole("button", { name: "Profile" }).click();
    await dialog.getByRole("button", { name: "Security" }).click();
    await dialog.getByText("9 recovery codes are left").waitFor();
    await dialog.getByRole("button", { name: "Sign out everywhere else" }).click();
    await ann.page.getByRole("dialog", { name: "Sign out everywhere else?" })
      .getByRole("button", { name: "Sign out everywhere else" }).click();
    await other.getByText("Your session has ended").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page names the member that added one to a group in the recent activity",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Crew", "bob");
    await bob.chat("Crew").waitFor();
    await bob.page.getByRole("button", { name: "bob" }).click();
    const dialog = bob.page.getByRole("dialog", { name: "Settings" });
    await dialog.getByRole("button", { name: "Security" }).click();
    const added = dialog.locator(".audit-row", { hasText: "Member added" });
    await added.getByText("ann", { exact: true }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
);
