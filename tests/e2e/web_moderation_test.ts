import assert from "node:assert/strict";
import { adminWorld, assertFits, openTab } from "../support/admin_page.ts";
import { assertAccessible } from "../support/axe.ts";
import { eventually } from "../support/eventually.ts";
import { PAGE_TEST } from "../support/page_world.ts";

Deno.test(
  "an administrator finds a chat, freezes it, lets its members write again, and removes one",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, bob, browser } = world;
    const { page } = ann;
    const cleo = await world.join("cleo");
    await bob.startGroup("Kites", "cleo");
    await bob.page.getByRole("heading", { name: "Kites" }).waitFor();
    await bob.write("Who flies on Sunday?");
    await cleo.chat("Kites").click();
    await cleo.message("Who flies").waitFor();
    await openTab(page, "chats");
    await page.getByLabel("Find chats").fill("kit");
    await page.getByRole("article", { name: "Kites" }).getByText("2 members").waitFor();
    await assertAccessible(page, "chats");
    await assertFits(page);
    // An answer that comes late does not take the place of the next one.
    const late = Promise.withResolvers<void>();
    const ofNothing = /\/api\/admin\/chats\?.*nothing/;
    await page.route(ofNothing, (route) => late.promise.then(() => route.continue()));
    const asked = page.waitForRequest(ofNothing);
    await page.getByLabel("Find chats").fill("nothing");
    await asked;
    await page.getByLabel("Find chats").fill("kite");
    await page.getByRole("link", { name: "Kites" }).waitFor();
    late.resolve();
    await page.waitForFunction(() =>
      performance.getEntriesByType("resource").some(({ name }) => name.includes("nothing"))
    );
    await page.evaluate(() =>
      new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    );
    await page.getByRole("link", { name: "Kites" }).click();
    const chat = page.getByRole("article", { name: "Kites" });
    await page.getByText("@cleo").waitFor();
    await chat.getByRole("button", { name: "Freeze" }).click();
    const dialog = page.getByRole("dialog", { name: "Freeze this chat?" });
    await dialog.getByLabel(/^Reason/).fill("Please cool down.");
    await assertAccessible(page, "freezing a chat");
    await dialog.getByRole("button", { name: "Freeze" }).click();
    await chat.getByText(/^Frozen .* by ann: Please cool down/).waitFor();
    await assertAccessible(page, "a frozen chat, for an administrator");

    for (const member of [bob, cleo]) {
      await member.page.getByText("has frozen this chat. Please cool down.").waitFor();
      await member.composer.waitFor({ state: "detached" });
    }
    await assertAccessible(cleo.page, "a frozen chat");
    await cleo.message("Who flies").hover();
    await cleo.page.getByRole("button", { name: "What to do with this message" }).click();
    await cleo.page.getByRole("button", { name: "Report", exact: true }).waitFor();
    for (const name of ["Reply", "Pin", "React with 👍"]) {
      assert.equal(await cleo.page.getByRole("button", { name, exact: true }).count(), 0, name);
    }
    await cleo.page.reload();
    await cleo.page.getByText("Please cool down.").waitFor();

    await chat.getByRole("button", { name: "Let them write again" }).click();
    await chat.getByRole("button", { name: "Freeze" }).waitFor();
    await cleo.write("I do");
    await bob.message("I do").waitFor();
    await page.getByRole("button", { name: "Remove: cleo" }).click();
    const removing = page.getByRole("dialog", { name: "Remove cleo from this group?" });
    await removing.getByLabel(/^Reason/).fill("Off topic");
    await removing.getByRole("button", { name: "Remove" }).click();
    await page.getByText("@cleo").waitFor({ state: "detached" });
    await cleo.page.getByText("You are no longer in this group.").waitFor();
    await openTab(page, `people/${await bob.id()}`);
    await page.getByRole("link", { name: "Their chats" }).click();
    await page.getByText("Chats of bob").waitFor();
    await page.getByRole("article", { name: "Kites" }).waitFor();
    await page.getByLabel("State").selectOption("Frozen");
    await page.getByText("No chats match").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator reads a reported message in its chat, and deletes it for everyone",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, bob, browser } = world;
    const { page } = ann;
    const cleo = await world.join("cleo");
    await bob.startChat("cleo");
    await bob.page.getByText("Nothing here yet").waitFor();
    for (const text of ["Hello", "Buy watches", "Very cheap"]) {
      await bob.write(text);
      await bob.message(text).locator(".tick.sent, .tick.delivered").waitFor();
    }
    await cleo.chat("bob").click();
    await cleo.message("Very cheap").waitFor();
    const { items } = await cleo.call("GET", `/messages/${await cleo.openChatId()}`);
    const { id: messageId } = items.find(({ text }: { text: string }) => text === "Buy watches");
    await cleo.call("POST", "/users/report", { messageId, userId: await bob.id(), reason: "spam" });

    await openTab(page, "reports");
    const report = page.getByRole("article", { name: "Report of bob" });
    await report.getByRole("button", { name: "Show in its chat" }).click();
    const context = report.getByRole("region", { name: "The message in its chat" });
    await context.getByText("Hello").waitFor();
    await context.getByText("Very cheap").waitFor();
    const marked = context.locator("[aria-current]");
    assert.match((await marked.textContent())!, /Buy watches/);
    await assertAccessible(page, "a reported message in its chat");
    await report.getByRole("button", { name: "Delete for everyone" }).click();
    const dialog = page.getByRole("dialog", { name: "Delete this message for everyone?" });
    await dialog.getByLabel(/^Reason/).fill("Spam");
    await assertAccessible(page, "deleting a message for everyone");
    await dialog.getByRole("button", { name: "Delete for everyone" }).click();
    await marked.getByText("Message deleted").waitFor();
    await cleo.message("Message deleted").waitFor();
    await report.getByText("Buy watches").waitFor();

    await openTab(page, "messages");
    await page.getByRole("button", { name: "Find" }).waitFor();
    const found = page.getByRole("article", { name: "Message" });
    assert.equal(await found.count(), 0, "nothing is read before it is asked for");
    await page.getByLabel("Find messages").fill("cheap");
    await page.getByRole("button", { name: "Find" }).click();
    await found.getByText("Very cheap").waitFor();
    await assertAccessible(page, "messages");
    await assertFits(page);
    await found.getByRole("link", { name: "@bob" }).click();
    await page.getByRole("link", { name: "Their messages" }).click();
    await page.getByText("Messages by bob").waitFor();
    await found.nth(2).waitFor();
    await found.getByText("Message deleted").waitFor();
    await openTab(page, `messages/in-${await cleo.openChatId()}`);
    await page.getByText("Messages of one chat.").waitFor();
    await found.getByText("Hello").waitFor();
    assert.equal(await page.getByText(/^Messages by/).count(), 0);
    await openTab(page, "audit");
    const rows = page.locator(".audit-row");
    await rows.filter({ hasText: "Message deleted by an administrator" }).first().waitFor();
    await rows.filter({ hasText: "Messages read" }).first().waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator sees figures by day, as bars and as a table",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, bob, browser } = world;
    const { page } = ann;
    await ann.call("POST", "/messages", { recipientId: await bob.id(), text: "Hello" });
    await eventually("the figures are written", async () => {
      const { days } = await ann.call("GET", "/admin/statistics");
      return days.at(-1).messages + days.at(-2).messages > 0 && days.at(-1).peopleActive > 0;
    }, { within: 60_000 });
    await openTab(page, "statistics");
    await page.getByRole("img", { name: /^Active people/ }).waitFor();
    assert.equal(await page.locator(".bars rect").count(), 30);
    const table = page.getByRole("region", { name: "Figures by day" });
    assert.equal(await table.getByRole("row").count(), 31);
    await assertAccessible(page, "statistics");
    await page.getByLabel("Figure", { exact: true }).selectOption("New people");
    await page.getByText("At most 2 a day").waitFor();
    await page.getByLabel("Period").selectOption("7 days");
    await page.locator(".bars rect").nth(7).waitFor({ state: "detached" });
    assert.equal(await page.locator(".bars rect").count(), 7);
    await assertFits(page);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator puts a spammer in the shadow, who does not see it, and takes them out again",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, bob, browser } = world;
    const { page } = ann;
    const cleo = await world.join("cleo");
    await bob.startGroup("Kites", "cleo");
    await bob.page.getByRole("heading", { name: "Kites" }).waitFor();
    await bob.write("Hello");
    await cleo.chat("Kites").click();
    await cleo.message("Hello").waitFor();
    await openTab(page, `people/${await bob.id()}`);
    const account = page.getByRole("article", { name: "bob" });
    await account.getByRole("button", { name: "Put in the shadow" }).click();
    const dialog = page.getByRole("dialog", { name: "Put bob in the shadow?" });
    await dialog.getByLabel(/^Reason/).fill("Spam");
    await assertAccessible(page, "putting in the shadow");
    await dialog.getByRole("button", { name: "Put in the shadow" }).click();
    await account.locator(".tag", { hasText: "In the shadow" }).waitFor();
    await assertAccessible(page, "an account in the shadow");
    await bob.write("Buy watches");
    await bob.message("Buy watches").locator(".tick.sent, .tick.delivered").waitFor();
    await account.getByRole("button", { name: "Take out of the shadow" }).click();
    await account.getByRole("button", { name: "Put in the shadow" }).waitFor();
    await bob.write("Anyone there?");
    await cleo.message("Anyone there?").waitFor();
    assert.equal(await cleo.message("Buy watches").count(), 0);
    assert.deepEqual(browser.faults, []);
  },
);
