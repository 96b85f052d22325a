import assert from "node:assert/strict";
import { assertAccessible } from "../support/axe.ts";
import type { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

async function actOn(owner: PageVisitor, member: string, action: string): Promise<void> {
  await owner.page.getByRole("button", { name: `What to do with ${member}` }).click();
  await owner.page.getByRole("button", { name: action }).click();
}

Deno.test("the page renames, joins, manages and leaves a group", PAGE_TEST, async () => {
  await using world = await pageWorld();
  const { ann, bob, browser } = world;
  const cat = await world.join("cat");
  await ann.startGroup("Friends", "bob");
  await bob.chat("Friends").click();
  await ann.page.getByRole("button", { name: "Friends" }).click();
  const dialog = ann.page.getByRole("dialog", { name: "About this chat" });
  await dialog.getByLabel("Name").fill("Best friends");
  await dialog.getByLabel("Description").fill("Of the forest");
  await dialog.getByRole("button", { name: "Save" }).click();
  await bob.page.getByRole("button", { name: "Best friends" }).waitFor();

  await dialog.getByRole("button", { name: "Add people" }).click();
  await dialog.getByLabel("Find people").fill("cat");
  await dialog.getByRole("button", { name: "@cat" }).click();
  await cat.chat("Best friends").click();
  await cat.page.getByText("You joined", { exact: true }).waitFor();
  await dialog.getByText("Members (3)").waitFor();
  await assertAccessible(ann.page, "about a group");
  await actOn(ann, "bob", "Make admin");
  await dialog.getByText("Admin", { exact: true }).waitFor();
  await actOn(ann, "cat", "Remove from the group");
  await cat.page.getByText("You are no longer in this group.").waitFor();

  await bob.page.getByRole("button", { name: "Best friends" }).click();
  await bob.page.getByRole("dialog").getByText("Of the forest").first().waitFor();
  await bob.page.getByRole("button", { name: "Leave group" }).click();
  await bob.page.getByRole("button", { name: "Leave group" }).click();
  await bob.page.getByText("You are no longer in this group.").waitFor();
  await dialog.getByText("Members (1)").waitFor();
  await ann.page.keyboard.press("Escape");
  const history = ann.page.locator(".history-line");
  await history.getByText("bob left").waitFor();
  assert.deepEqual(await history.allTextContents(), [
    "You created the group",
    "cat joined",
    "cat left",
    "bob left",
  ]);
  assert.deepEqual(browser.faults, []);
});

Deno.test(
  "the page mutes a chat, blocks a person, and accepts a request",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await bob.call("PUT", "/users/contact-settings", { addToGroups: "nobody" });
    await ann.startGroup("Friends", "bob");
    await bob.page.getByRole("button", { name: "Requests" }).click();
    await bob.page.getByText("ann invites you to Friends").waitFor();
    await assertAccessible(bob.page, "requests");
    await bob.page.getByRole("button", { name: "Accept" }).click();
    await bob.write("Here I am");
    await ann.message("Here I am").waitFor();

    await ann.page.getByRole("button", { name: "Friends" }).click();
    await ann.page.getByLabel("Mute").selectOption("For an hour");
    await ann.page.keyboard.press("Escape");
    await ann.chat("Friends").getByRole("img", { name: "Muted" }).waitFor();

    await ann.startChat("bob");
    const name = ann.page.locator(".chat-name", { hasText: "bob" });
    await ann.page.getByTitle("About this chat").filter({ has: name }).click();
    await ann.page.getByRole("button", { name: "Block" }).click();
    await ann.page.getByRole("button", { name: "Unblock" }).waitFor();
    await ann.page.getByRole("button", { name: "Report" }).click();
    await assertAccessible(ann.page, "reporting a person");
    await ann.page.getByLabel("Reason").selectOption("Spam");
    await ann.page.getByRole("button", { name: "Send the report" }).click();
    await ann.page.getByText("Your report has been sent").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page tells in words what the server reports of a group, in the list of chats too",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld({ SYSTEM_MESSAGES: "all" });
    const { ann, bob, browser } = world;
    const bobsId = await bob.id();
    await ann.startGroup("Friends", "bob");
    await ann.page.getByRole("heading", { name: "Friends" }).waitFor();
    const group = `/groups/${await ann.openChatId()}`;
    await ann.call("PUT", group, { name: "Best friends" });
    await ann.call("DELETE", `${group}/members/${bobsId}`);
    await ann.call("POST", `${group}/members`, { userIds: [bobsId] });
    const lines = ann.page.locator(".history-line");
    await lines.getByText("You added bob").waitFor();
    assert.deepEqual(await lines.allTextContents(), [
      "You created the group",
      "The group is now called “Best friends”",
      "You removed bob",
      "You added bob",
    ]);
    await bob.chat("Best friends").getByText("ann added you").waitFor();
    await bob.chat("Best friends").click();
    await bob.page.locator(".history-line", { hasText: "ann added you" }).waitFor();
    assert.equal(await bob.page.locator(".message").count(), 0);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "a group's owner makes an incoming webhook on the page, which posts until it is ended there",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await ann.keepToasts();
    await ann.startGroup("Builds", "bob");
    await bob.chat("Builds").click();
    await bob.page.getByRole("button", { name: "Builds" }).click();
    await bob.page.getByRole("dialog").getByText("Members (2)").waitFor();
    assert.equal(await bob.page.getByText("Incoming webhooks").count(), 0);
    await ann.page.getByRole("button", { name: "Builds" }).click();
    const details = ann.page.getByRole("dialog", { name: "About this chat" });
    await details.getByRole("button", { name: "Manage", exact: true }).click();
    await details.getByText("None yet").waitFor();
    await details.getByRole("button", { name: "New incoming webhook" }).click();
    const making = ann.page.getByRole("dialog", { name: "New incoming webhook" });
    await making.getByLabel("Name", { exact: true }).fill("Nightly");
    await assertAccessible(ann.page, "a new incoming webhook");
    await making.getByRole("button", { name: "New incoming webhook" }).click();
    const url = (await making.locator(".secret").textContent())!;
    assert.ok(url.startsWith(`${server.url}/api/incoming/`), url);
    await assertAccessible(ann.page, "the address of an incoming webhook");
    await making.getByRole("button", { name: "I have saved it" }).click();
    await details.getByText(/^Made .* by ann$/).waitFor();
    await assertAccessible(ann.page, "incoming webhooks");

    const post = async (text: string) => {
      const headers = { "content-type": "application/json" };
      const body = JSON.stringify({ text });
      const response = await fetch(url, { method: "POST", headers, body });
      await response.body?.cancel();
      return response.status;
    };
    assert.equal(await post("Build 7 passed"), 201);
    await ann.message("Build 7 passed").waitFor();
    await details.getByRole("button", { name: "End Nightly" }).click();
    const ending = ann.page.getByRole("dialog", { name: "End the incoming webhook Nightly?" });
    await assertAccessible(ann.page, "ending an incoming webhook");
    await ending.getByRole("button", { name: "End", exact: true }).click();
    await ann.page.getByRole("alert").getByText("Nightly has ended").waitFor();
    await details.getByText("None yet").waitFor();
    await ann.page.locator(":focus", { hasText: "New incoming webhook" }).waitFor();
    assert.equal(await post("Build 8 passed"), 404);
    assert.deepEqual(browser.faults, []);
  },
);
