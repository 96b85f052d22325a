import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { assertAccessible } from "../support/axe.ts";
import { eventually } from "../support/eventually.ts";
import { PagePush } from "../support/page_push.ts";
import type { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST, type PageWorld, pageWorld } from "../support/page_world.ts";
import { WebPushServer } from "../support/web_push_server.ts";

interface PushWorld extends PageWorld {
  service: WebPushServer;
  /** Of bob's browser. */
  push: PagePush;
}

/** Ann and bob have a chat, and bob has turned notifications on. */
async function pushWorld(): Promise<PushWorld> {
  const service = new WebPushServer();
  const world = await pageWorld({
    WEB_PUSH_ORIGINS: service.origin,
    LIMIT_PRESENCE_GRACE_MS: "100",
  });
  const { ann, bob, server } = world;
  const push = await PagePush.start(service, bob.page, server.url);
  await ann.startChat("bob");
  await ann.write("Hello");
  await bob.page.reload();
  await bob.page.evaluate(() => navigator.serviceWorker.ready);
  await bob.chat("ann").waitFor();
  const settings = await openSettings(bob);
  await settings.getByText("Be notified of new messages").waitFor();
  await assertAccessible(bob.page, "notifications of the device");
  await settings.getByRole("button", { name: "Turn on notifications" }).click();
  await settings.getByText("also while this page is closed").waitFor();
  await bob.page.keyboard.press("Escape");
  const dispose = async () => {
    await world[Symbol.asyncDispose]();
    await service.close();
  };
  return { ...world, service, push, [Symbol.asyncDispose]: dispose };
}

async function openSettings({ page, name }: PageVisitor) {
  await page.getByRole("button", { name }).first().click();
  const dialog = page.getByRole("dialog", { name: "Settings" });
  await dialog.getByRole("button", { name: "Notifications", exact: true }).click();
  return dialog;
}

/** The tab is open, and behind another one. */
async function hide(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate((state) => {
    Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, isHidden ? "hidden" : "visible");
}

Deno.test(
  "a push shows the message while no page is open, leads to it, and goes once it is read elsewhere",
  PAGE_TEST,
  async () => {
    await using world = await pushWorld();
    const { ann, bob, push, browser, server } = world;
    const chatId = await ann.openChatId();
    const bobs = await bob.token();
    await bob.page.goto("about:blank");
    await ann.write("Are you there?");
    await push.deliver("Are you there?");
    const [first] = await push.shown(1);
    assert.deepEqual(first, { title: "ann", body: "Are you there?", tag: chatId });

    // Messages of a chat replace each other.
    await ann.write("It is urgent");
    await push.deliver("It is urgent");
    await push.shown(1, ([{ body }]) => body === "It is urgent");

    const opened = await push.click();
    assert(opened?.startsWith(`/#${chatId}/`), `the worker opens ${opened}`);
    await bob.page.goto(server.url + opened);
    await bob.message("It is urgent").waitFor();
    assert.equal(new URL(bob.page.url()).hash, `#${chatId}`);
    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await bob.page.goto("about:blank");

    await ann.write("Call me");
    const { payload } = await push.deliver("Call me");
    await push.shown(1, ([{ body }]) => body === "Call me");
    // Read on another device.
    const { data } = JSON.parse(payload);
    const response = await fetch(`${server.url}/api/chats/${chatId}/read`, {
      method: "POST",
      headers: { authorization: `Bearer ${bobs}`, "content-type": "application/json" },
      body: JSON.stringify({ seq: Number(data.seq) }),
    });
    await response.body?.cancel();
    assert(response.ok, `reading answered ${response.status}`);
    await push.deliver(data.messageId);
    await push.shown(0);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "a push says nothing of the content if the person wishes so, and turns to an open tab",
  PAGE_TEST,
  async () => {
    await using world = await pushWorld();
    const { ann, bob, push, browser, server } = world;
    await bob.call("POST", "/notifications/settings", { hideContent: true });
    await bob.page.goto("about:blank");
    await ann.write("The code is 1234");
    const { payload } = await push.deliver('"message"');
    assert(!payload.includes("1234"));
    const [{ title, body }] = await push.shown(1);
    assert.deepEqual([title, body], ["New message", ""]);
    await bob.page.goto(server.url);
    await bob.chat("ann").waitFor();
    // Then it listens to the service worker.
    await bob.page.locator("link[rel=manifest]").waitFor({ state: "attached" });
    assert.equal(await push.click(), null);
    await bob.message("The code is 1234").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the service worker renews an ended subscription, and signing out ends it",
  PAGE_TEST,
  async () => {
    await using world = await pushWorld();
    const { ann, bob, push, browser, service } = world;
    const before = push.subscription!;
    const renewed = push.subscribe(before.key);
    service.unsubscribe(before.endpoint);
    await bob.page.goto("about:blank");
    const [worker] = bob.page.context().serviceWorkers();
    await worker.evaluate(async (json) => {
      let work: Promise<unknown> | undefined;
      const event = Object.assign(new Event("pushsubscriptionchange"), {
        newSubscription: { toJSON: () => json },
        waitUntil: (each: Promise<unknown>) => work = each,
      });
      dispatchEvent(event);
      await work;
    }, renewed);
    await ann.write("Are you there?");
    await push.deliver("Are you there?");
    assert.deepEqual(service.refusals, []);
    await push.shown(1);

    await bob.page.goto(world.server.url);
    await bob.page.getByRole("button", { name: "Sign out" }).click();
    await bob.page.getByRole("button", { name: "Sign in" }).waitFor();
    await eventually("the browser is unsubscribed", () => push.subscription === null, {
      within: 60_000,
    });
    await push.shown(0);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "a tab that is out of sight shows messages as the operating system does, until they are read",
  PAGE_TEST,
  async () => {
    await using world = await pushWorld();
    const { ann, bob, push, browser } = world;
    await bob.call("POST", "/notifications/settings", {});
    await hide(bob.page, true);
    await ann.write("Look here");
    const [shown] = await push.shown(1);
    assert.deepEqual([shown.title, shown.body], ["ann", "Look here"]);
    assert.match(await bob.page.title(), /^\(\d+\) /);
    await hide(bob.page, false);
    await bob.chat("ann").click();
    await bob.message("Look here").waitFor();
    await push.shown(0);
    await ann.write("You are here");
    await bob.message("You are here").waitFor();
    // Nothing is shown of what the person sees.
    await push.shown(0);

    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    const row = await bob.call("PUT", `/chats/${await ann.openChatId()}/notifications`, {
      level: "none",
    });
    assert.equal(row.level, "none");
    await hide(bob.page, true);
    await ann.write("Muted");
    await bob.chat("ann").getByText("Muted").first().waitFor();
    await push.shown(0);
    assert.deepEqual(browser.faults, []);
  },
);
