import assert from "node:assert/strict";
import { buildPage } from "../../src/web/build/build_page.ts";
import { eventually } from "../support/eventually.ts";
import { Firefox, type FirefoxPage } from "../support/firefox.ts";
import { ServerProcess } from "../support/server_process.ts";
import { skipWithout } from "../support/skip.ts";
import { TempDir } from "../support/temp_dir.ts";

async function register(page: FirefoxPage, name: string): Promise<void> {
  await page.click("button", "Create an account");
  await page.click("textbox", "Username");
  await page.type(name);
  await page.click("textbox", "E-mail");
  await page.type(`${name}@example.com`);
  await page.evaluate("document.querySelector('input[type=password]').focus()");
  await page.type("correct horse battery staple");
  await page.type("\uE007");
  await page.waitForText("No chats yet");
}

async function write(page: FirefoxPage, text: string): Promise<void> {
  await page.click("textbox", "Message");
  await page.type(`${text}\uE007`);
}

Deno.test("the page works in Firefox: two people sign up, talk, send a file and reload", {
  ignore: skipWithout("firefox"),
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  await buildPage();
  await using folder = await TempDir.make("files");
  await Deno.writeTextFile(folder.join("plan.txt"), "Meet at noon.");
  await using server = await ServerProcess.start();
  await using firefox = await Firefox.launch();
  const ann = await firefox.page(server.url);
  await register(ann, "ann");
  const bob = await firefox.page(server.url);
  await register(bob, "bob");

  await ann.click("button", "New chat");
  await ann.click("searchbox", "Find people");
  await ann.type("bob");
  await ann.waitForText("@bob");
  await ann.evaluate("document.querySelector('dialog .person').click()");
  await write(ann, "Hello **Bob**");
  await bob.waitForText("Hello");
  await bob.evaluate("document.querySelector('.chats .chat').click()");
  await eventually("the message is drawn", async () => {
    return await bob.evaluate("document.querySelector('.messages strong')?.innerText") === "Bob";
  });
  await write(bob, "Hello Ann");
  await ann.waitForText("Hello Ann");

  await ann.chooseFiles("input[type=file]", folder.join("plan.txt"));
  await ann.waitForText("plan.txt");
  await eventually("the file is uploaded", async () => {
    return await ann.evaluate("document.querySelector('button.send').disabled") === false;
  });
  await write(ann, "The plan");
  await bob.waitForText("The plan");
  await bob.waitForText("plan.txt");

  await bob.reload();
  await bob.waitForText("The plan");
  await bob.waitForText("Hello Ann");
  const isKept =
    "navigator.serviceWorker.ready.then(() => caches.keys()).then((all) => all.length)";
  await eventually("the files of one version are kept", async () => {
    return await bob.evaluate(isKept) === 1;
  });
  assert.deepEqual(firefox.faults, []);
});
