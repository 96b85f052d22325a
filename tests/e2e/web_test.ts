import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { storedEntries } from "../support/page_storage.ts";
import { PAGE_TEST, pageWorld } from "../support/page_world.ts";

Deno.test(
  "the page lets two people find each other, talk, and see each other's activity",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser, server } = world;

    await ann.startChat("bob");
    await ann.write("Hello <b>Bob</b>");
    await ann.message("Hello <b>Bob</b>").locator(".tick.delivered").waitFor();
    await bob.chat("ann").locator(".badge", { hasText: "1" }).waitFor();
    await bob.chat("ann").click();
    await bob.message("Hello <b>Bob</b>").waitFor();
    await ann.message("Hello <b>Bob</b>").locator(".tick.read").waitFor();

    await bob.composer.pressSequentially("Hi");
    await ann.page.getByText("bob is typing").waitFor();
    await bob.composer.press("Enter");
    await ann.message("Hi").waitFor();
    await ann.page.getByText("bob is typing").waitFor({ state: "detached" });
    await ann.page.getByRole("main").getByText("online").waitFor();
    await ann.page.getByRole("region", { name: "Messages" }).waitFor();

    await ann.act("Hi", "React with 🎉");
    await bob.message("Hi").getByRole("button", { name: "🎉 1 from ann" }).waitFor();
    await ann.composer.press("ArrowUp");
    await ann.rewrite("Hello <b>Bob</b>", "Hello dear Bob");
    await bob.message("Hello dear Bob").getByText("edited").waitFor();
    await bob.act("Hello dear Bob", "Reply");
    await bob.write("Dear yourself");
    await ann.message("Dear yourself").locator("blockquote", { hasText: "Hello dear Bob" })
      .waitFor();
    await bob.act("Dear yourself", "Delete");
    await ann.message("Message deleted").waitFor();

    assert.deepEqual(await ann.texts, ["Hello dear Bob", "Hi", "Message deleted"]);
    assert.deepEqual(await bob.texts, await ann.texts);
    assert.deepEqual(browser.faults, []);
    assert.deepEqual([...browser.requested].filter((url) => !url.startsWith(server.url)), []);
  },
);

Deno.test(
  "the page catches up after an outage, and sends messages written meanwhile once",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Friends", "bob");
    await ann.write("One");
    await bob.chat("Friends").click();
    await bob.message("One").waitFor();

    await bob.page.context().setOffline(true);
    await bob.page.getByText("Offline.").waitFor();
    await bob.write("From the tunnel");
    await bob.message("From the tunnel").locator(".tick.sending").waitFor();
    await ann.write("Two");
    await ann.write("Three");
    await ann.act("One", "Delete");
    await ann.message("Message deleted").waitFor();
    assert.deepEqual(await bob.texts, ["One", "From the tunnel"]);

    await bob.page.context().setOffline(false);
    await ann.message("From the tunnel").waitFor();
    await bob.message("From the tunnel").locator(".tick.read").waitFor();
    await bob.page.getByText("Offline.").waitFor({ state: "hidden" });
    const all = ["Message deleted", "Two", "Three", "From the tunnel"];
    assert.deepEqual(await ann.texts, all);
    assert.deepEqual(await bob.texts, all);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page sends to one chat while another refuses a message after an outage",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob } = world;
    const bobsId = await bob.id();
    await ann.startGroup("Former", "bob");
    await bob.chat("Former").waitFor();
    const former = await ann.openChatId();
    await ann.startGroup("Friends", "bob");
    await bob.chat("Friends").waitFor();

    await bob.chat("Former").click();
    await bob.page.context().setOffline(true);
    await bob.page.getByText("Offline.").waitFor();
    await bob.write("Am I still here?");
    await bob.message("Am I still here?").waitFor();
    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await bob.chat("Friends").click();
    await bob.write("From the tunnel");
    await ann.call("DELETE", `/groups/${former}/members/${bobsId}`);
    await bob.page.context().setOffline(false);
    await ann.message("From the tunnel").waitFor();
    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await bob.page.evaluate((id) => location.hash = id, former);
    const refused = bob.message("Am I still here?");
    await refused.getByText("Not sent").waitFor();
    await refused.getByRole("button", { name: "Discard" }).click();
    await refused.waitFor({ state: "detached" });
  },
);

Deno.test(
  "the page shows a removal to the removed member, and the new count to the others",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Friends", "bob");
    await ann.write("Good morning");
    await bob.chat("Friends").click();
    await ann.page.getByText("you, bob", { exact: true }).waitFor();
    const members = `/groups/${new URL(ann.page.url()).hash.slice(1)}/members`;
    const bobsId = await bob.id();

    await ann.call("DELETE", `${members}/${bobsId}`);
    await bob.page.getByText("You are no longer in this group.").waitFor();
    assert.deepEqual(await bob.texts, ["Good morning"]);
    assert.equal(await bob.composer.isVisible(), false);
    const actions = bob.page.getByRole("button", { name: "What to do with this message" });
    assert.equal(await actions.count(), 0);
    await ann.page.getByText("you", { exact: true }).waitFor();

    await ann.call("POST", members, { userIds: [bobsId] });
    await bob.write("Here I am again");
    await ann.message("Here I am again").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page neither shows nor reads aloud the messages of a blocked person",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startGroup("Friends", "bob");
    await bob.chat("Friends").click();
    await ann.write("Good morning");
    await bob.message("Good morning").waitFor();
    const announced = bob.page.locator("#announcer");
    await eventually("it is read aloud", async () => {
      return /: Good morning$/.test((await announced.textContent())!);
    });
    await bob.call("POST", "/users/block", { userId: await ann.id() });
    await bob.message("From someone you blocked").waitFor();
    await ann.write("You cannot stop me");
    await bob.message("From someone you blocked").nth(1).waitFor();
    assert.match((await announced.textContent())!, /: Good morning$/);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "the page stays signed in after a reload, and scrolls back through the history",
  PAGE_TEST,
  async () => {
    await using world = await pageWorld();
    const { ann, bob, browser } = world;
    await ann.startChat("bob");
    const token = await ann.token();
    const chatId = await ann.openChatId();
    for (let i = 1; i <= 130; i++) {
      const response = await fetch(`${world.server.url}/api/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ chatId, text: `Message number ${i}.` }),
      });
      assert.equal(response.status, 201);
      await response.body?.cancel();
    }
    await bob.page.reload();
    await bob.chat("ann").click();
    // The chat opens at bob's read position, and continues from there.
    await bob.message("Message number 1.").first().waitFor();
    await bob.page.getByText("New messages").waitFor();
    const scroller = bob.page.locator(".scroller");
    for (let tries = 0; tries < 10 && (await bob.texts).at(-1) !== "Message number 130."; tries++) {
      const last = (await bob.texts).at(-1);
      await scroller.evaluate((element) => element.scrollTop = element.scrollHeight);
      await bob.page.waitForFunction(
        (text) => [...document.querySelectorAll(".messages .text")].at(-1)?.textContent !== text,
        last,
      );
    }
    await scroller.evaluate((element) => element.scrollTop = element.scrollHeight);
    await bob.page.locator(".chat .badge").waitFor({ state: "detached" });
    const expected = Array.from({ length: 130 }, (_, i) => `Message number ${i + 1}.`);
    assert.deepEqual(await bob.texts, expected);

    await bob.page.getByRole("link", { name: "Back to the chats" }).click();
    await ann.write("One more");
    await bob.chat("ann").locator(".badge", { hasText: "1" }).waitFor();
    assert.equal(await bob.page.title(), "(1) RealTimeChat");
    await bob.page.getByRole("button", { name: "Sign out" }).click();
    await bob.page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.equal(await bob.page.title(), "RealTimeChat");
    // The token that identifies the browser stays; it is of no use without the password.
    assert.deepEqual(await bob.page.evaluate(() => Object.keys(localStorage)), []);
    assert.deepEqual((await storedEntries(bob.page)).map(({ name }) => name), ["device"]);
    assert.deepEqual(browser.faults, []);
  },
);
