import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { eventually } from "../support/eventually.ts";
import { adminWorld, assertFits, openTab } from "../support/admin_page.ts";
import { assertAccessible } from "../support/axe.ts";
import { HttpClient } from "../support/http_client.ts";
import { PAGE_TEST } from "../support/page_world.ts";
import { startBot } from "../support/page_bot.ts";
import { ageProofs } from "../support/sign_in_world.ts";
import { WebhookReceiver } from "../support/webhook_receiver.ts";

const PASSWORD = "correct horse battery staple";

/** Returns the secret that the open dialog shows, and closes it. */
async function takeSecret(page: Page): Promise<string> {
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Copy it now").waitFor();
  const secret = await dialog.locator(".secret").textContent();
  await assertAccessible(page, "a secret that is shown once");
  await dialog.getByRole("button", { name: "I have saved it" }).click();
  await dialog.waitFor({ state: "detached" });
  return secret!;
}

Deno.test(
  "an administrator adds a webhook endpoint, reads its deliveries, sends them again and deletes it",
  PAGE_TEST,
  async () => {
    await using receiver = await WebhookReceiver.start();
    await using world = await adminWorld({ WEBHOOK_ALLOW_PRIVATE: receiver.origin });
    const { ann, browser } = world;
    const { page } = ann;
    await ann.keepToasts();
    await openTab(page, "webhooks");
    await page.getByText("No endpoints yet").waitFor();
    await assertAccessible(page, "no endpoints");
    await page.getByRole("button", { name: "New endpoint" }).click();
    const form = page.getByRole("dialog", { name: "New endpoint" });
    await form.getByLabel("Address").fill("http://192.0.2.1/");
    await form.getByLabel("Description").fill("The shop");
    await form.getByLabel("Somebody was reported").check();
    await assertAccessible(page, "a new endpoint");
    await form.getByRole("button", { name: "New endpoint" }).click();
    await form.getByRole("alert").waitFor();
    await form.getByLabel("Address").fill(receiver.url);
    await form.getByRole("button", { name: "New endpoint" }).click();
    receiver.secret = await takeSecret(page);
    assert.match(receiver.secret, /^whsec_/);

    await page.getByRole("link", { name: receiver.url }).click();
    const endpoint = page.getByRole("article", { name: receiver.url });
    await endpoint.getByText("message.created").waitFor();
    await endpoint.getByText("report.created").waitFor();
    await page.getByText("No deliveries").waitFor();
    receiver.respond = () => Promise.resolve(new Response("out of order", { status: 503 }));
    await endpoint.getByRole("button", { name: "Send a test" }).click();
    await page.getByRole("alert").getByText("Answered 503").waitFor();
    receiver.respond = null;
    await endpoint.getByRole("button", { name: "Send a test" }).click();
    await page.getByRole("alert").getByText("Answered 204").waitFor();

    await ann.call("POST", "/messages", { recipientId: await world.bob.id(), text: "Hello" });
    await receiver.received(2);
    const delivery = page.getByRole("article", { name: "message.created" });
    await page.getByRole("button", { name: "Refresh" }).click();
    await delivery.getByText("1 attempt").waitFor();
    await assertAccessible(page, "an endpoint");
    await delivery.getByRole("button", { name: "Send again" }).click();
    await page.getByRole("alert").getByText("It is sent again").waitFor();
    await receiver.received(3);
    await page.getByLabel("Show").selectOption("Failed");
    await delivery.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Send the failed ones again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Send again" }).click();
    await page.getByRole("alert").getByText(/sent again/).waitFor();

    await endpoint.getByRole("button", { name: "Edit" }).click();
    await page.getByRole("dialog").getByLabel("Description").fill("The other shop");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await endpoint.getByText("The other shop").waitFor();
    await endpoint.getByRole("button", { name: "Pause" }).click();
    await endpoint.getByText("An administrator has paused it.").waitFor();
    await assertAccessible(page, "a paused endpoint");
    await assertFits(page);
    await endpoint.getByRole("button", { name: "Resume" }).click();
    await endpoint.getByText("Works").waitFor();
    await endpoint.getByRole("button", { name: "New secret" }).click();
    await page.getByRole("dialog").getByLabel("The secret before works").selectOption("no longer");
    await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
    assert.notEqual(await takeSecret(page), receiver.secret);
    await endpoint.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByText("No endpoints yet").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator has messages asked for before they are stored, and ends that",
  PAGE_TEST,
  async () => {
    await using receiver = await WebhookReceiver.start();
    await using world = await adminWorld({
      WEBHOOK_ALLOW_PRIVATE: receiver.origin,
      LIMIT_MESSAGE_HOOK_MS: "5000",
    });
    const { ann, browser } = world;
    const { page } = ann;
    await openTab(page, "webhooks");
    const hook = page.getByRole("article", { name: "Before a message is stored" });
    await hook.getByText("Nobody is asked.").waitFor();
    await hook.getByRole("button", { name: "Ask a server" }).click();
    const form = page.getByRole("dialog", { name: "Ask a server" });
    await form.getByLabel("Address").fill(receiver.url);
    await form.getByLabel("While it does not answer").selectOption("messages are refused");
    await assertAccessible(page, "setting the hook");
    await form.getByRole("button", { name: "Save" }).click();
    receiver.secret = await takeSecret(page);
    await hook.getByText(receiver.url).waitFor();
    await hook.getByText("messages are refused").waitFor();
    receiver.respond = () => Promise.resolve(Response.json({ refuse: "Not now" }));
    await ann.page.getByRole("link", { name: "Back to the chats" }).click();
    await ann.startChat("bob");
    await ann.page.getByText("Nothing here yet").waitFor();
    await ann.write("Hello");
    await page.getByText("Not now").waitFor();
    await openTab(page, "webhooks");
    await hook.getByRole("button", { name: "Ask no more" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Ask no more" }).click();
    await hook.getByText("Nobody is asked.").waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator writes rules for words and links, which hold from then on",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, bob, browser } = world;
    const { page } = ann;
    await ann.keepToasts();
    await openTab(page, "rules");
    await page.getByLabel("Refused").fill("cheap watches\n\ncheap watches\n");
    await page.getByLabel("Replaced by stars").fill("darn");
    await page.getByLabel("Which links may be sent").selectOption("Only to these hosts");
    await page.getByLabel("Hosts, and names under them").fill("no host");
    await assertAccessible(page, "rules");
    await assertFits(page);
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".fault").getByText("must be a host name").waitFor();
    await page.getByLabel("Hosts, and names under them").fill("example.org");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("alert").getByText("Saved").waitFor();
    await page.reload();
    await page.getByLabel("Refused").waitFor();
    await eventually("the rules are shown", async () => {
      assert.equal(await page.getByLabel("Refused").inputValue(), "cheap watches");
      const hosts = page.getByLabel("Hosts, and names under them");
      assert.equal(await hosts.inputValue(), "example.org");
      return true;
    });

    await bob.startChat("ann");
    await bob.page.getByText("Nothing here yet").waitFor();
    await bob.write("That darn cat");
    await bob.message("That **** cat").waitFor();
    await bob.write("Buy cheap watches");
    await bob.message("cheap watches").getByText(/not be sent|not sent/i).first().waitFor();
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator makes an API key after a proof of identity, rotates and ends it",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, browser, server } = world;
    const { page } = ann;
    await ann.keepToasts();
    await openTab(page, "keys");
    await page.getByText("No keys yet").waitFor();
    await page.getByRole("button", { name: "New key" }).click();
    const form = page.getByRole("dialog", { name: "New key" });
    await form.getByRole("textbox", { name: "Name" }).fill("Backend");
    await form.getByLabel("Find people, read and export them").check();
    await form.getByLabel("Expires").selectOption("In 90 days");
    await assertAccessible(page, "a new key");
    ageProofs(server);
    await form.getByRole("button", { name: "New key" }).click();
    const proof = page.getByRole("dialog", { name: "Is it you?" });
    await proof.getByLabel("Password").fill(PASSWORD);
    await proof.getByRole("button", { name: "Go on" }).click();
    const token = await takeSecret(page);
    const key = page.getByRole("article", { name: "Backend" });
    await key.getByText("Not used yet").waitFor();
    await key.getByText("users:read").waitFor();
    assert.equal(await page.getByText("No keys yet").count(), 0);
    await assertAccessible(page, "keys");
    await assertFits(page);
    const backend = (token: string) => new HttpClient(server.url, token);
    const path = `/api/server/users/nobody`;
    assert.equal((await backend(token).get(path)).status, 404);

    await key.getByRole("button", { name: "New secret" }).click();
    const rotating = page.getByRole("dialog", { name: "Make a new secret for Backend?" });
    await rotating.getByLabel("The secret before works").selectOption("no longer");
    await rotating.getByRole("button", { name: "New secret" }).click();
    const second = await takeSecret(page);
    assert.equal((await backend(token).get(path)).status, 401);
    assert.equal((await backend(second).get(path)).status, 404);
    await key.getByRole("button", { name: "End" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End" }).click();
    await key.getByText("Ended").waitFor();
    assert.equal((await backend(second).get(path)).status, 401);
    assert.deepEqual(browser.faults, []);
  },
);

Deno.test(
  "an administrator makes a bot, sees its commands, gives it a new token and ends it",
  PAGE_TEST,
  async () => {
    await using world = await adminWorld();
    const { ann, browser, server } = world;
    const { page } = ann;
    await openTab(page, "bots");
    await page.getByText("No bots yet").waitFor();
    await page.getByRole("button", { name: "New bot" }).click();
    const form = page.getByRole("dialog", { name: "New bot" });
    await form.getByLabel("Name", { exact: true }).fill("Weather");
    await form.getByLabel("Username").fill("weather");
    await assertAccessible(page, "a new bot");
    await form.getByRole("button", { name: "New bot" }).click();
    const token = await takeSecret(page);
    const commands = [{ name: "now", description: "Asks for the weather", usage: "<city>" }];
    await using running = await startBot(server, token, commands, () => "Sun");
    await page.reload();
    const bot = page.getByRole("article", { name: "Weather" });
    await bot.getByText("/now <city>").waitFor();
    assert.equal(await page.getByText("No bots yet").count(), 0);
    await assertAccessible(page, "bots");
    await assertFits(page);
    await bot.getByRole("button", { name: "New secret" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "New secret" }).click();
    assert.notEqual(await takeSecret(page), token);
    await bot.getByRole("button", { name: "End" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "End" }).click();
    await page.getByText("No bots yet").waitFor();
    assert.deepEqual(running.faults, []);
    assert.deepEqual(browser.faults, []);
  },
);
