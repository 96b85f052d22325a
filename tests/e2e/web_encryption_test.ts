import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Page } from "playwright-core";
import { assertAccessible } from "../support/axe.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST, type PageWorld, pageWorld } from "../support/page_world.ts";
import { flag } from "../support/pictures.ts";

/** The person begins an encrypted chat with the other, whose browser is in it before anything is sent. */
async function encryptedChat({ ann, bob }: PageWorld): Promise<void> {
  await startEncrypted(ann, "bob");
  await bob.chat("ann").click();
  const details = await openDetails(ann);
  await details.getByRole("button", { name: "Verify bob" }).waitFor();
  await ann.page.keyboard.press("Escape");
  await details.waitFor({ state: "detached" });
}

async function startEncrypted({ page }: PageVisitor, username: string): Promise<void> {
  await page.getByRole("button", { name: "New chat" }).click();
  await page.getByLabel("End-to-end encrypted").check();
  await page.getByLabel("Find people").fill(username);
  await page.getByRole("button", { name: `@${username}` }).click();
  await page.locator(".chat-header").waitFor();
}

async function openDetails({ page }: PageVisitor) {
  await page.locator(".chat-header .heading-button").click();
  return page.getByRole("dialog", { name: "About this chat" });
}

async function openEncryptionSettings({ page }: PageVisitor) {
  await page.getByTitle("Settings").click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("button", { name: "Encryption" }).click();
  await dialog.getByText("This browser", { exact: true }).waitFor();
  return dialog;
}

/** The same person in another browser. */
async function signIn(page: Page, url: string, name: string): Promise<PageVisitor> {
  await page.goto(url);
  await page.getByLabel("Username or e-mail").fill(name);
  await page.getByLabel("Password").fill("correct horse battery staple");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "New chat" }).waitFor();
  return new PageVisitor(page, name);
}

Deno.test(
  "two people write in an encrypted chat of the page: texts, a picture, a file, a reply, an edit, a reaction",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await encryptedChat(world);
    await ann.write("Only **we** read this");
    await bob.message("Only we read this").locator("strong").waitFor();
    await bob.act("Only we read this", "Reply");
    await bob.write("Indeed");
    await ann.message("Indeed").locator(".quote", { hasText: "Only we read this" }).waitFor();
    await bob.act("Indeed", "Edit");
    await bob.rewrite("Indeed", "Indeed so");
    await ann.message("Indeed so").getByText("edited").waitFor();
    await ann.act("Indeed so", "React with 🎉");
    await bob.page.getByRole("button", { name: /^🎉 1/ }).waitFor();

    const picture = Buffer.from(await flag(400, 300, ".png"));
    const note = { name: "note.txt", mimeType: "text/plain", buffer: Buffer.from("words") };
    await ann.page.locator(".composer input[type=file]").first().setInputFiles([
      { name: "flag.png", mimeType: "image/png", buffer: picture },
      note,
    ]);
    await ann.page.locator(".upload").nth(1).waitFor();
    await ann.page.waitForFunction(() => !document.querySelector(".upload progress"));
    await ann.write("See these");
    const message = bob.message("See these");
    await message.locator(".picture img").waitFor();
    await bob.page.waitForFunction(() => {
      const [shown] = [...document.querySelectorAll<HTMLImageElement>(".picture img")];
      return shown?.naturalWidth === 400 && shown.src.startsWith("blob:");
    });
    const saving = bob.page.waitForEvent("download");
    await message.getByRole("button", { name: "Save note.txt" }).click();
    assert.equal(await Deno.readTextFile(await (await saving).path()), "words");
    await message.getByRole("button", { name: "flag.png" }).click();
    await bob.page.getByRole("dialog", { name: "flag.png" }).locator("img").waitFor();
    for (const name of ["Previous picture", "Next picture"]) {
      assert.equal(await bob.page.getByRole("button", { name }).count(), 0, "there is one picture");
    }
    await bob.page.keyboard.press("Escape");

    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await bob.chat("ann").getByText("See these").waitFor();
    await ann.act("See these", "Delete");
    await bob.chat("ann").getByText("Message deleted").waitFor();
    const stored = await ann.call("GET", `/messages/${await ann.openChatId()}`);
    assert(!JSON.stringify(stored).includes("Indeed"), "the server has no text");
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "a person is verified by the safety number, and new keys are a loud warning until they are acknowledged",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await encryptedChat(world);
    await ann.write("Hello");
    await bob.message("Hello").waitFor();
    const digits = async (visitor: PageVisitor, name: string) => {
      const details = await openDetails(visitor);
      await details.getByRole("button", { name: `Verify ${name}` }).click();
      const dialog = visitor.page.getByRole("dialog", { name: `Verify ${name}` });
      await dialog.locator("img.qr-code").waitFor();
      return await dialog.locator(".safety-digits span").allTextContents();
    };
    const seen = await digits(ann, "bob");
    assert.equal(seen.length, 12);
    await assertAccessible(ann.page, "verifying");
    assert.deepEqual(await digits(bob, "ann"), seen);
    await ann.page.getByRole("button", { name: "They match" }).click();
    await ann.page.getByText("bob is verified").waitFor();
    await ann.page.getByRole("button", { name: "Close" }).last().click();
    await ann.page.locator(".chat-header").getByRole("img", { name: "Verified" }).waitFor();

    const second = await signIn(await browser.page(), server.url, "bob");
    await second.chat("ann").click();
    const warning = ann.page.getByRole("alert").filter({ hasText: "keys of bob have changed" });
    await warning.getByText("You had verified them").waitFor();
    await assertAccessible(ann.page, "changed keys");
    const own = bob.page.getByRole("alert", { includeHidden: true })
      .filter({ hasText: "A device was added to your account" });
    await own.waitFor({ state: "attached" });
    await ann.page.locator(".chat-header").getByRole("img", { name: "Verified" })
      .waitFor({ state: "detached" });
    await ann.page.reload();
    await warning.waitFor();
    await warning.getByRole("button", { name: "Got it" }).click();
    await warning.waitFor({ state: "detached" });

    const settings = await openEncryptionSettings(second);
    await assertAccessible(second.page, "devices");
    const other = settings.locator("li").filter({ hasNotText: "This browser" });
    await other.getByRole("button", { name: /^Remove/ }).click();
    await other.locator(".button.danger").click();
    await other.waitFor({ state: "detached" });
    await bob.page.getByText("This browser was removed from your devices").first().waitFor({
      state: "attached",
    });
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "a backup with a recovery key lets a new browser read the history of encrypted chats",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await encryptedChat(world);
    await ann.write("From before");
    await bob.message("From before").waitFor();
    await bob.write("An answer");
    await ann.message("An answer").waitFor();
    const settings = await openEncryptionSettings(ann);
    const lostKey = settings.getByText("Lost the key?");
    await settings.getByRole("button", { name: "Set up the backup" }).waitFor();
    assert.equal(await lostKey.count(), 0);
    await settings.getByRole("button", { name: "Set up the backup" }).click();
    const key = await settings.getByRole("group", { name: "Recovery key" }).innerText();
    assert.match(key, /^([0-9A-Z]{4}-){13}[0-9A-Z]{4}$/);
    await assertAccessible(ann.page, "recovery key");
    const turnOn = settings.getByRole("button", { name: "Turn on the backup" });
    assert.equal(await turnOn.isDisabled(), true);
    await settings.getByLabel("I have saved the key").check();
    await turnOn.click();
    await settings.getByText("On. A new browser reads").waitFor();
    assert.equal(await lostKey.count(), 0);

    const fresh = await signIn(await browser.page(), server.url, "ann");
    await fresh.chat("bob").click();
    await fresh.page.getByText("sent before this device joined").first().waitFor();
    await assertAccessible(fresh.page, "messages from before");
    const locked = await openEncryptionSettings(fresh);
    await locked.getByText("Lost the key?").waitFor();
    await locked.getByRole("button", { name: "New recovery key" }).click();
    await locked.getByRole("group", { name: "Recovery key" }).waitFor();
    // One of the two at a time: the key that is entered is not the one that is shown.
    assert.equal(await locked.getByRole("button", { name: "Restore messages" }).count(), 0);
    await locked.getByRole("button", { name: "Cancel" }).click();
    await locked.getByRole("button", { name: "Restore messages" }).waitFor();
    await fresh.page.keyboard.press("Escape");
    await locked.waitFor({ state: "detached" });
    await fresh.page.getByRole("button", { name: "Enter the recovery key" }).click();
    const dialog = fresh.page.getByRole("dialog", { name: "Read earlier messages" });
    await dialog.getByLabel("Recovery key").fill(key.replace(/^..../, "0000"));
    await dialog.getByRole("button", { name: "Restore messages" }).click();
    await dialog.getByText("not the key of the backup").waitFor();
    await assertAccessible(fresh.page, "restoring");
    await dialog.getByLabel("Recovery key").fill(key.toLowerCase().replaceAll("-", " "));
    await dialog.getByRole("button", { name: "Restore messages" }).click();
    await fresh.message("From before").waitFor();
    assert.deepEqual(await fresh.texts, ["From before", "An answer"]);

    await settings.getByRole("button", { name: "Turn off" }).click();
    await settings.getByRole("button", { name: "Turn off" }).click();
    await settings.getByRole("button", { name: "Set up the backup" }).waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an encrypted message written offline survives the page, and an encrypted group works",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await encryptedChat(world);
    await ann.write("Hello");
    await bob.message("Hello").waitFor();
    const chatId = await ann.openChatId();
    const context = ann.page.context();
    await context.setOffline(true);
    await ann.page.getByText("Offline.").waitFor();
    await ann.write("From the tunnel");
    await ann.message("From the tunnel").locator(".tick.sending").waitFor();
    await ann.page.close();
    await context.setOffline(false);
    const page = await context.newPage();
    await page.goto(`${server.url}/#${chatId}`);
    const again = new PageVisitor(page, "ann");
    await again.message("From the tunnel").locator(".tick.sent, .tick.delivered, .tick.read")
      .waitFor();
    await bob.message("From the tunnel").waitFor();
    assert.deepEqual(await bob.texts, ["Hello", "From the tunnel"]);

    await page.getByRole("button", { name: "New group" }).click();
    await page.getByLabel("Name of the group").fill("Secret plans");
    await page.getByLabel("Find people").fill("bob");
    await page.getByRole("button", { name: "@bob" }).click();
    await page.getByLabel("End-to-end encrypted").check();
    await assertAccessible(page, "new encrypted group");
    await page.getByRole("button", { name: "Create group" }).click();
    await page.locator(".chat-header").getByText("Secret plans").first().waitFor();
    const cleo = await world.join("cleo");
    await startEncrypted(again, "cleo");
    await cleo.chat("ann").click();
    // The header is that of the chat before until the new one is open.
    const header = page.locator(".chat-header");
    await header.getByText("cleo").first().waitFor();
    const withCleo = await openDetails(again);
    await withCleo.getByRole("button", { name: "Verify cleo" }).click();
    const verifying = page.getByRole("dialog", { name: "Verify cleo" });
    await verifying.getByRole("button", { name: "They match" }).click();
    await verifying.waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await again.chat("Secret plans").click();
    await header.getByText("Secret plans").first().waitFor();
    const details = await openDetails(again);
    await details.getByRole("button", { name: "Add people" }).click();
    await details.getByLabel("Find people").fill("cleo");
    await details.getByRole("button", { name: "@cleo" }).click();
    await details.getByText("Members (3)").waitFor();
    // That one of two is verified says nothing of the other.
    await details.getByRole("button", { name: "Verify bob" }).click();
    const other = page.getByRole("dialog", { name: "Verify bob" });
    await other.getByRole("button", { name: "They match" }).waitFor();
    await page.keyboard.press("Escape");
    await other.waitFor({ state: "detached" });
    await page.keyboard.press("Escape");
    await details.waitFor({ state: "detached" });
    await again.write("For us alone");
    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await bob.chat("Secret plans").getByText("For us alone").waitFor();
    await assertAccessible(page, "encrypted group");

    const tab = new PageVisitor(await context.newPage(), "ann");
    for (const reason of ["are open in another tab", "need a secure connection"]) {
      await tab.page.goto(`${server.url}/`);
      await tab.page.getByRole("button", { name: "New chat" }).click();
      await tab.page.getByLabel("End-to-end encrypted").check();
      await tab.page.getByLabel("Find people").fill("cleo");
      await tab.page.getByRole("button", { name: "@cleo" }).click();
      await tab.page.getByText(`Encrypted chats ${reason}`).first().waitFor();
      await tab.page.addInitScript(() => {
        Object.defineProperty(globalThis, "isSecureContext", { value: false });
      });
    }
    assert.deepEqual(browser.faults, []);
  },
);
