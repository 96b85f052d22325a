import assert from "node:assert/strict";
import { generateSync } from "otplib";
import type { Locator, Page } from "playwright-core";
import { assertAccessible } from "../support/axe.ts";
import { eventually } from "../support/eventually.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { ageProofs, signIn, signInWorld } from "../support/sign_in_world.ts";

const PASSWORD = "correct horse battery staple";
const NEW_PASSWORD = "seven brown owls at noon";

async function openSettings(page: Page, part: string): Promise<Locator> {
  await page.getByTitle("Settings", { exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("button", { name: part, exact: true }).click();
  return dialog;
}

Deno.test(
  "the page changes username, e-mail address and password, and asks for a proof when one is due",
  PAGE_TEST,
  async () => {
    await using world = await signInWorld();
    const { browser, server } = world;
    const page = await browser.page();
    await PageVisitor.register(page, server.url, "ann");
    let dialog = await openSettings(page, "Account");
    await dialog.getByRole("button", { name: "Change the username" }).click();
    const username = dialog.getByLabel("New username");
    await username.fill("a");
    await username.press("Enter");
    // Too short: the browser says so, and the field keeps its text.
    assert.equal(await username.inputValue(), "a");
    await username.fill("anna");
    await username.press("Enter");
    await dialog.getByText("@anna").waitFor();
    const opener = dialog.getByRole("button", { name: "Change the username" });
    await eventually(
      "the focus is back",
      () => opener.evaluate((element) => element === document.activeElement),
    );

    world.ageProofs();
    await dialog.getByRole("button", { name: "Change the address" }).click();
    await dialog.getByLabel("New e-mail address").fill("anna@example.com");
    await assertAccessible(page, "changing the address");
    await dialog.getByRole("button", { name: "Change the address" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByLabel("Password").fill("wrong");
    await proof.getByRole("button", { name: "Go on" }).click();
    await proof.getByRole("alert").first().waitFor();
    await assertAccessible(page, "proof by password");
    await proof.getByLabel("Password").fill(PASSWORD);
    await proof.getByRole("button", { name: "Go on" }).click();
    await dialog.getByText("We sent a link to anna@example.com").waitFor();
    const mailed = await page.context().newPage();
    await mailed.goto(await world.mailedLink("anna@example.com", "change-email"));
    await mailed.getByLabel("Password of the account").fill(PASSWORD);
    await mailed.getByRole("button", { name: "Use this address" }).click();
    await mailed.getByText("This is the address of your account now").waitFor();
    await mailed.close();

    await page.reload();
    dialog = await openSettings(page, "Account");
    await dialog.getByText("anna@example.com").waitFor();
    await dialog.getByText("Confirmed", { exact: true }).waitFor();
    await dialog.getByRole("button", { name: "Change the password" }).click();
    await dialog.getByLabel("Current password").fill(PASSWORD);
    await dialog.getByLabel("New password").fill(NEW_PASSWORD);
    await dialog.getByRole("button", { name: "Change the password" }).click();
    await dialog.getByText("The password is changed").waitFor();

    const other = await browser.page();
    await other.goto(server.url);
    await signIn(other, "anna@example.com", NEW_PASSWORD);
    await other.getByRole("button", { name: "New chat" }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page ends one session, unblocks a person, exports the data and deletes the account",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    const { page } = ann;
    const other = await browser.page();
    await other.goto(server.url);
    await signIn(other, "ann", PASSWORD);
    await other.getByRole("button", { name: "New chat" }).waitFor();
    const userId = await bob.id();
    // More entries than are shown at once.
    for (let times = 1; times <= 9; times++) {
      await ann.call("POST", "/users/block", { userId, unblock: times % 2 === 0 });
    }

    const dialog = await openSettings(page, "Security");
    await dialog.getByText("This device").waitFor();
    await dialog.getByRole("button", { name: "Sign out there" }).click();
    await other.getByText("Your session has ended").waitFor();
    const entries = dialog.locator(".audit-row");
    await entries.filter({ hasText: "Person blocked" }).first().waitFor();
    const shown = await entries.count();
    await dialog.getByRole("button", { name: "Show more" }).click();
    await dialog.getByText("Account created").waitFor();
    assert(await entries.count() > shown);
    await assertAccessible(page, "security");

    await dialog.getByRole("button", { name: "Privacy", exact: true }).click();
    await dialog.getByRole("button", { name: "Unblock" }).click();
    await dialog.getByText("You have blocked nobody.").waitFor();

    await dialog.getByRole("button", { name: "Your data", exact: true }).click();
    await assertAccessible(page, "your data");
    ageProofs(server);
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Export" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByLabel("Password").fill(PASSWORD);
    await proof.getByRole("button", { name: "Go on" }).click();
    const file = await (await download).path();
    const exported = JSON.parse(await Deno.readTextFile(file));
    assert.equal(exported.profile[0].username, "ann");
    await dialog.getByText("The export is ready").waitFor();

    await dialog.getByRole("button", { name: "Delete the account" }).click();
    const ask = page.getByRole("dialog", { name: "Delete your account for good?" });
    await ask.getByText("You leave all groups.").waitFor();
    await assertAccessible(page, "deleting the account");
    await ask.getByLabel("Type ann to confirm").fill("bob");
    await ask.getByLabel("Password").fill(PASSWORD);
    await ask.getByRole("button", { name: "Delete for good" }).click();
    const isValid = (field: Locator) =>
      field.evaluate((element) => (element as HTMLInputElement).validity.valid);
    assert.equal(await isValid(ask.getByLabel("Type ann to confirm")), false);
    await ask.getByLabel("Type ann to confirm").fill("ann");
    await ask.getByRole("button", { name: "Delete for good" }).click();
    await page.getByText("Your account has been deleted").waitFor();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.equal(await page.getByText("Your session has ended").count(), 0);
    await signIn(page, "ann", PASSWORD);
    await page.locator(".fault").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page hands out recovery codes, renews them, and turns the second factor off",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, browser } = world;
    const { page } = ann;
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    const dialog = await openSettings(page, "Security");
    await dialog.getByRole("button", { name: "Set up" }).click();
    const secret = (await dialog.locator(".key").textContent())!;
    await dialog.getByLabel("Code").fill(generateSync({ secret }));
    await dialog.getByRole("button", { name: "Turn on" }).click();
    const list = dialog.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
    await list.first().waitFor();
    const codes = await list.allTextContents();
    await assertAccessible(page, "recovery codes");
    const isFew = dialog.getByText("Few recovery codes are left");
    assert.equal(await isFew.count(), 0);

    await dialog.getByRole("button", { name: "Copy" }).click();
    await dialog.getByText("Copied").waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    for (const code of codes) assert(copied.includes(code), `${code} is copied`);
    const download = page.waitForEvent("download");
    await dialog.getByRole("button", { name: "Download" }).click();
    const saved = await Deno.readTextFile(await (await download).path());
    for (const code of codes) assert(saved.includes(code), `${code} is saved`);
    await page.evaluate(() => {
      globalThis.print = () => document.documentElement.dataset.printed = "yes";
    });
    await dialog.getByRole("button", { name: "Print" }).click();
    assert.equal(await page.locator("html").getAttribute("data-printed"), "yes");
    // On paper are the codes, and nothing else.
    await page.emulateMedia({ media: "print" });
    const visibility = (of: Locator) =>
      of.evaluate((element) => getComputedStyle(element).visibility);
    assert.equal(await visibility(page.locator(".codes li").first()), "visible");
    assert.equal(await visibility(page.locator(".recovery .button").first()), "hidden");
    await page.emulateMedia({ media: "screen" });
    await dialog.getByRole("button", { name: "I have saved them" }).click();

    await dialog.getByRole("button", { name: "New recovery codes" }).click();
    await dialog.getByLabel("Code").fill(codes[0]);
    await dialog.getByRole("button", { name: "New recovery codes" }).click();
    await dialog.getByText("Save these codes now").waitFor();
    const renewed = await list.allTextContents();
    assert(!renewed.includes(codes[1]));
    await dialog.getByRole("button", { name: "I have saved them" }).click();
    assert.equal(await isFew.count(), 0);
    for (const left of [3, 4]) {
      await page.route(
        "**/api/auth/2fa",
        (route) => route.fulfill({ json: { enabled: true, recoveryCodesLeft: left } }),
      );
      await dialog.getByRole("button", { name: "Profile", exact: true }).click();
      await dialog.getByRole("button", { name: "Security", exact: true }).click();
      await dialog.getByText(`${left} recovery codes are left`).waitFor();
      assert.equal(await isFew.count(), left === 3 ? 1 : 0);
      await page.unrouteAll({ behavior: "wait" });
    }
    await dialog.getByRole("button", { name: "Turn off" }).click();
    await dialog.getByLabel("Code").fill(renewed[0]);
    await dialog.getByRole("button", { name: "Turn off" }).click();
    await dialog.getByRole("button", { name: "Set up" }).waitFor();

    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    const opener = page.getByTitle("Settings", { exact: true });
    await eventually(
      "the focus is back",
      () => opener.evaluate((element) => element === document.activeElement),
    );
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page shows a chosen status to others, and a name and picture of the person to themselves",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    await ann.write("Hello");
    await bob.chat("ann").click();
    const dialog = await openSettings(ann.page, "Profile");
    assert.equal(await dialog.locator(".choice-mark.away").count(), 1);
    await dialog.getByLabel("Away").check();
    await bob.page.getByRole("main").getByText("away").waitFor();
    await dialog.getByLabel("What are you doing?").fill("On the train");
    await dialog.getByLabel("What are you doing?").press("Tab");
    await dialog.getByRole("button", { name: "Clear" }).waitFor();
    const profile = await ann.call("GET", "/users/profile");
    assert.deepEqual(profile.status, { state: "away", text: "On the train" });
    await dialog.getByRole("button", { name: "Clear" }).click();
    await dialog.getByRole("button", { name: "Clear" }).waitFor({ state: "detached" });
    const name = dialog.getByLabel("Name that others see");
    await name.fill("آن الغابة");
    await name.press("Enter");
    await dialog.locator(".profile-name", { hasText: "آن الغابة" }).waitFor();
    await ann.page.setViewportSize({ width: 390, height: 844 });
    await assertAccessible(ann.page, "profile on a phone");
    const width = await ann.page.evaluate(() => document.documentElement.scrollWidth);
    assert(width <= 390, `${width} px wide`);
    assert.deepEqual(browser.faults, []);
  },
);
