import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import type { PageVisitor } from "../support/page_visitor.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

const COUNT = 500;
/** Sends concurrently: the server commits messages that arrive together in one transaction. */
const BATCH = 50;

async function sendMany(sender: PageVisitor, url: string, chatId: string): Promise<void> {
  const token = await sender.token();
  for (let first = 1; first <= COUNT; first += BATCH) {
    for (let i = first; i < first + BATCH; i++) {
      const response = await fetch(`${url}/api/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ chatId, text: `Message number ${i}.` }),
      });
      assert.equal(response.status, 201, await response.text());
    }
  }
}

Deno.test(
  "the page shows 500 unread messages from the first one, with few rows at a time",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;
    await ann.startChat("bob");
    await ann.write("Read before");
    const chatId = await ann.openChatId();
    await bob.chat("ann").click();
    await bob.message("Read before").waitFor();
    await ann.message("Read before").locator(".tick.read").waitFor();
    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await sendMany(ann, server.url, chatId);
    await bob.page.reload();
    await bob.chat("ann").locator(".badge", { hasText: "500" }).waitFor();

    await bob.chat("ann").click();
    await bob.page.getByText("New messages").waitFor();
    const first = bob.page.locator(".text", { hasText: /^Message number 1\.$/ });
    await first.waitFor();
    await eventually("the first unread message is in view", () => {
      return first.evaluate((row) => {
        const { top, bottom } = row.getBoundingClientRect();
        return top >= 0 && bottom <= innerHeight;
      });
    });
    assert((await bob.page.locator(".message").count()) <= 200);
    const jump = bob.page.getByRole("button", { name: /To the newest message \(4\d\d unread/ });
    await jump.click();
    await bob.message("Message number 500.").waitFor();
    assert((await bob.page.locator(".message").count()) <= 200);
    await jump.waitFor({ state: "detached" });
    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await bob.chat("ann").locator(".badge").waitFor({ state: "detached" });
    assert.deepEqual(browser.faults, []);
  },
);
