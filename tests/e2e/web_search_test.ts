import assert from "node:assert/strict";
import { assertAccessible } from "../support/axe.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

Deno.test(
  "the page pins a message, finds it by its words, and shows it in its chat",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Friends", "bob");
    await ann.write("The key is under the third stone");
    await ann.act("third stone", "Pin");
    await ann.message("third stone").getByRole("img", { name: "Pinned" }).waitFor();
    await ann.startChat("bob");
    await ann.page.getByRole("heading", { name: "bob" }).waitFor();
    await ann.write("Something else");

    await ann.page.getByRole("button", { name: "Search messages" }).click();
    const dialog = ann.page.getByRole("dialog", { name: "Search messages" });
    await dialog.getByLabel("Words of a message").fill("stone");
    await dialog.getByText("No message has “stone”.").waitFor();
    await dialog.getByLabel("Only in the open chat").uncheck();
    await dialog.getByRole("button", { name: "third stone" }).waitFor();
    await assertAccessible(ann.page, "search");
    await dialog.getByRole("button", { name: "third stone" }).click();
    await ann.page.locator(".message.found", { hasText: "third stone" }).waitFor();

    await bob.chat("Friends").click();
    await bob.page.getByRole("button", { name: "Friends" }).click();
    const details = bob.page.getByRole("dialog", { name: "About this chat" });
    await details.getByText("Pinned messages").waitFor();
    await details.getByRole("button", { name: "third stone" }).click();
    await bob.page.locator(".message.found", { hasText: "third stone" }).waitFor();

    await ann.page.keyboard.press("Control+k");
    await ann.page.getByLabel("Find a chat").fill("bo");
    await ann.page.keyboard.press("Enter");
    await ann.message("Something else").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test("the page shows further results of a search on demand", PAGE_TEST, async () => {
  await using world = await pageWorld();
  const { ann, browser, server } = world;
  await ann.startChat("bob");
  const [chatId, token] = [await ann.openChatId(), await ann.token()];
  for (let i = 1; i <= 51; i++) {
    const response = await fetch(`${server.url}/api/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ chatId, text: `Needle number ${i}.` }),
    });
    assert.equal(response.status, 201, await response.text());
  }
  await ann.message("Needle number 51.").waitFor();
  await ann.page.keyboard.press("Control+Shift+f");
  const dialog = ann.page.getByRole("dialog", { name: "Search messages" });
  await dialog.getByLabel("Words of a message").fill("needle");
  await dialog.getByRole("button", { name: "Needle number 51." }).waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Needle number 1." }).count(), 0);
  await dialog.getByRole("button", { name: "More results" }).click();
  await dialog.getByRole("button", { name: "Needle number 1." }).waitFor();
  await dialog.getByRole("button", { name: "More results" }).waitFor({ state: "detached" });
  assert.deepEqual(browser.faults, []);
});
