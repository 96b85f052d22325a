import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { buildPage } from "../../src/web/build/build_page.ts";
import { assertAccessible } from "../support/axe.ts";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";
import { writeLaterRelease } from "../support/later_release.ts";
import { storedEntries } from "../support/page_storage.ts";
import { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST } from "../support/page_world.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Resolves once the service worker keeps the page. */
async function isKept(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (navigator.serviceWorker.controller) return;
    await new Promise((resolve) =>
      navigator.serviceWorker.addEventListener("controllerchange", resolve)
    );
  });
}

/** Returns the size of the stored chat in bytes; 0 if none is stored. */
async function storedBytes(page: Page): Promise<number> {
  const entries = await storedEntries(page);
  return entries.find(({ name }) => name.includes("/chat/"))?.bytes ?? 0;
}

/**
 * Waits until the chat takes more bytes, and returns how many. Changes are written half a second
 * later, so a chat may be stored before its message.
 */
async function chatIsStored(page: Page, { above }: { above: number }): Promise<number> {
  await eventually("the chat is stored", async () => await storedBytes(page) > above);
  return await storedBytes(page);
}

Deno.test(
  "the page opens without a server, with the chats as they were, and sends what is written once it is back",
  PAGE_TEST,
  async () => {
    await buildPage();
    await using folder = await TempDir.make("offline");
    const env = { PORT: String(freePort()), DATA_DIR: folder.join("data") };
    let server = await ServerProcess.start({ env });
    await using browser = await TestBrowser.launch();
    try {
      const ann = await PageVisitor.register(await browser.page(), server.url, "ann");
      const bob = await PageVisitor.register(await browser.page(), server.url, "bob");
      await ann.startChat("bob");
      const bytes = await chatIsStored(ann.page, { above: 0 });
      await ann.write("Before the tunnel");
      await ann.message("Before the tunnel").locator(".tick.sent, .tick.delivered").waitFor();
      await isKept(ann.page);
      await chatIsStored(ann.page, { above: bytes + "Before the tunnel".length });

      await server[Symbol.asyncDispose]();
      await ann.page.reload();
      await ann.page.getByText("Offline.").waitFor();
      await ann.chat("bob").waitFor();
      await ann.message("Before the tunnel").waitFor();
      await ann.write("From the tunnel");
      await ann.message("From the tunnel").locator(".tick.sending").waitFor();
      // All of the page is there, and not only what was shown before.
      await ann.page.getByRole("button", { name: "New group" }).click();
      await ann.page.getByRole("dialog").getByLabel("Name of the group").waitFor();
      await ann.page.keyboard.press("Escape");

      server = await ServerProcess.start({ env });
      await ann.page.getByText("Offline.").waitFor({ state: "hidden" });
      await ann.message("From the tunnel").locator(".tick.sent, .tick.delivered").waitFor();
      await bob.chat("ann").click();
      await bob.message("From the tunnel").waitFor();
      assert.deepEqual(browser.faults, []);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);

Deno.test("the service worker keeps nothing of the API", PAGE_TEST, async () => {
  await buildPage();
  await using server = await ServerProcess.start();
  await using browser = await TestBrowser.launch();
  const ann = await PageVisitor.register(await browser.page(), server.url, "ann");
  await isKept(ann.page);
  await ann.id();
  const kept = await ann.page.evaluate(async () => {
    const paths: string[] = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) {
        paths.push(new URL(url).pathname);
      }
    }
    return paths;
  });
  assert(kept.includes("/"), "the page itself is kept");
  assert.deepEqual(kept.filter((path) => path !== "/" && !path.startsWith("/web/")), []);
  assert.deepEqual(browser.faults, []);
});

Deno.test(
  "an open page goes on after a new release, says so, and shows the new one after a reload",
  PAGE_TEST,
  async () => {
    await buildPage();
    await using folder = await TempDir.make("later");
    await using data = await TempDir.make("data");
    await writeLaterRelease(folder.path, {
      file: "src/web/page/texts/en.ts",
      from: '"New group"',
      to: '"Begin a group"',
    });
    const env = { PORT: String(freePort()), DATA_DIR: data.join("data") };
    let server = await ServerProcess.start({ env });
    await using browser = await TestBrowser.launch();
    try {
      const ann = await PageVisitor.register(await browser.page(), server.url, "ann");
      await isKept(ann.page);
      const before = await ann.page.evaluate(() => caches.keys());
      assert.equal(before.length, 1);

      await server[Symbol.asyncDispose]();
      server = await ServerProcess.start({ env, root: folder.path });
      // The page looks for a new release itself when its connection is back, but not so soon.
      await ann.page.evaluate(async () => {
        await (await navigator.serviceWorker.ready).update();
      });
      // It fetches all files first, from a server that has just started.
      await ann.page.getByText("A new version of this page is ready.").waitFor({ timeout: 90_000 });
      await assertAccessible(ann.page, "a new version");
      // A part that was not used yet is gone from the server; this tab's version is still kept.
      await ann.page.getByRole("button", { name: "Search messages" }).click();
      await ann.page.getByRole("dialog").getByLabel("Words of a message").waitFor();
      await ann.page.keyboard.press("Escape");

      await ann.page.getByRole("button", { name: "Reload" }).click();
      await ann.page.getByRole("button", { name: "Begin a group" }).waitFor();
      // No tab runs the old version any more.
      await ann.page.reload();
      await ann.page.waitForFunction(async (old) => {
        const names = await caches.keys();
        return names.length === 1 && names[0] !== old;
      }, before[0]);
      assert.deepEqual(browser.faults, []);
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);
