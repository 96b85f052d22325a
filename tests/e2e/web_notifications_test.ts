import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { assertAccessible } from "../support/axe.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

Deno.test(
  "the page lists what a person was notified of, marks it as read, and jumps to the message",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    const list = ann.page.getByRole("dialog", { name: "Notifications" });
    await ann.page.getByRole("button", { name: "Notifications", exact: true }).click();
    await list.getByText("No notifications yet").waitFor();
    await assertAccessible(ann.page, "no notifications");
    await ann.page.keyboard.press("Escape");
    await list.waitFor({ state: "detached" });

    await ann.startChat("bob");
    await ann.write("Shall we meet?");
    const chatId = await ann.openChatId();
    await ann.message("Shall we meet?").locator(".tick.sent, .tick.delivered").waitFor();
    // Away: in an open chat, a reply is read as soon as it comes.
    const annId = await ann.id();
    await ann.page.goto("about:blank");
    await bob.chat("ann").click();
    await bob.act("Shall we meet?", "React with 🎉");
    const [{ id: messageId }] = (await bob.call("GET", `/messages/${chatId}`)).items;
    await bob.call("POST", "/messages", { chatId, text: "Gladly", replyTo: messageId });
    await bob.call("POST", "/groups", { name: "Hiking", memberIds: [annId] });
    await ann.page.goto(world.server.url);

    await ann.page.getByRole("button", { name: "Notifications (3)" }).click();
    await list.getByText("bob added you to Hiking").waitFor();
    await list.getByText("bob replied to you").waitFor();
    await assertAccessible(ann.page, "notifications");
    await list.getByRole("button", { name: "bob reacted 🎉 to your message" }).click();
    // The reply quotes it.
    await ann.message("Shall we meet?").first().waitFor();
    assert.equal(await ann.openChatId(), chatId);
    await ann.page.getByRole("button", { name: "Notifications (" }).click();
    await list.getByRole("button", { name: /^bob reacted(?!.*unread)/ }).waitFor();
    // A live one comes on top, while the list is open.
    await bob.call("POST", "/groups", { name: "Swimming", memberIds: [annId] });
    await list.getByRole("listitem").first().getByText("bob added you to Swimming").waitFor();
    await list.getByRole("button", { name: "Mark all as read" }).click();
    await list.getByRole("button", { name: "Mark all as read" }).waitFor({ state: "detached" });
    await eventually("all are read", async () => await list.locator(".unread").count() === 0);
    await ann.page.keyboard.press("Escape");
    await ann.page.getByRole("button", { name: "Notifications", exact: true }).waitFor();

    // The address of a notification of the operating system that belongs to no chat.
    await ann.page.goto(`${world.server.url}/#notifications`);
    await list.getByText("bob added you to Swimming").waitFor();
    await list.getByRole("button", { name: "Close" }).click();
    await list.waitFor({ state: "detached" });
    assert.equal(new URL(ann.page.url()).hash, "");
    assert.deepEqual(browser.faults, []);
  },
);
