/**
 * Tests of the library's examples, as they are in src/client/examples, with the installed package.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { blackPng } from "../support/pictures.ts";
import { PASSWORD, registered, textsTo } from "./example_people.ts";
import type { InstalledPackage } from "./installed_package.ts";
import { run } from "./processes.ts";
import { servedFolder } from "./served_folder.ts";
import { nodeOf } from "./tools.ts";

/**
 * The React app, built by Vite: sign in, inbox with unread, chat, typing, picture, and the same
 * after a reload.
 */
export async function runReactApp(installed: InstalledPackage, server: string): Promise<void> {
  const cwd = await installed.project("src/client/examples/react");
  await run(installed.tool(".bin/tsc"), [], { cwd });
  const node = nodeOf(installed.tools, 24);
  const env = { VITE_SERVER: server };
  await run(node, [installed.tool("vite/bin/vite.js"), "build"], { cwd, env });
  await using ann = await registered(server, "ann");
  await using bob = await registered(server, "bob");
  const { texts, until } = textsTo(bob);
  const { id: chatId } = await bob.openDirect(ann.userId);
  await bob.send(chatId, { text: "Hello, Ann!" });
  await using pages = servedFolder(join(cwd, "dist"));
  await using browser = await TestBrowser.launch();
  const page = await browser.page();
  await page.goto(pages.url);
  await page.getByPlaceholder("Name").fill(ann.user!.username);
  await page.getByPlaceholder("Password").fill(PASSWORD);
  await page.getByText("Sign in").click();
  const entry = page.locator("nav button", { hasText: bob.user!.username });
  await entry.locator("mark", { hasText: "1" }).waitFor();
  await entry.click();
  await page.locator("section p", { hasText: `${bob.user!.username}: Hello, Ann!` }).waitFor();
  await entry.locator("mark").waitFor({ state: "detached" });
  bob.chat(chatId).setDraft({ text: "I am" });
  await page.getByText("is typing…").waitFor();
  await page.getByPlaceholder("Message").fill("Hello, Bob!");
  await page.getByText("Send").click();
  await until(1);
  assert.deepEqual(texts, ["Hello, Bob!"]);
  const picture = {
    name: "black.png",
    mimeType: "image/png",
    buffer: Buffer.from(blackPng(40, 30)),
  };
  await page.locator("input[type=file]").setInputFiles(picture);
  await until(2);
  const isShown = "[...document.images].some((image) => image.naturalWidth > 0)";
  await page.waitForFunction(isShown);
  await page.reload();
  await entry.click();
  await page.locator("section p", { hasText: "Hello, Bob!" }).waitFor();
  assert.deepEqual(browser.faults, []);
}

/** The plain page, next to the folder `min` of the package. */
export async function runPlainPage(installed: InstalledPackage, server: string): Promise<void> {
  const cwd = await installed.project("src/client/examples/page");
  await using ann = await registered(server, "ann");
  await using bob = await registered(server, "bob");
  const { texts, until } = textsTo(bob);
  const { id: chatId } = await bob.openDirect(ann.userId);
  await bob.send(chatId, { text: "Hello, Ann!" });
  const mounts = { "/realtimechat-client/": join(installed.library, "min") };
  await using pages = servedFolder(cwd, mounts);
  await using browser = await TestBrowser.launch();
  const page = await browser.page();
  await page.goto(`${pages.url}?${new URLSearchParams({ server })}`);
  await page.getByPlaceholder("Name").fill(ann.user!.username);
  await page.getByPlaceholder("Password").fill(PASSWORD);
  await page.getByText("Sign in").click();
  await page.getByText(`${bob.user!.username} (1 unread)`).click();
  await page.getByText(`${bob.user!.username}: Hello, Ann! (sent)`).waitFor();
  await page.getByPlaceholder("Message").fill("Hello, Bob!");
  await page.getByText("Send", { exact: true }).click();
  await until(1);
  assert.deepEqual(texts, ["Hello, Bob!"]);
  assert.deepEqual(browser.faults, []);
}

/** The bot in Node: it replies to messages that arrived while it was down, to each one once. */
export async function runBot(installed: InstalledPackage, server: string): Promise<void> {
  const cwd = await installed.project("src/client/examples");
  await using account = await registered(server, "bot");
  await using ann = await registered(server, "ann");
  await account.close();
  const env = { SERVER: server, BOT: account.user!.username, PASSWORD };
  const { texts, until } = textsTo(ann);
  const { id: chatId } = await ann.openDirect(account.userId);
  const node = nodeOf(installed.tools, 24);
  {
    await using bot = startBot(node, cwd, env);
    await bot.online;
    await ann.send(chatId, { text: "one" });
    await until(1);
    await eventually("the bot has kept what it answered", async () => {
      return (await chatsOf(join(cwd, "bot.json"))).some((text) => text.includes("You said: one"));
    });
  }
  const missed = ["two", "three", "four", "five", "six"];
  for (const text of missed) await ann.send(chatId, { text });
  await using _bot = startBot(node, cwd, env);
  await until(1 + missed.length);
  assert.deepEqual(texts, ["one", ...missed].map((word) => `You said: ${word}`));
}

/** The chats in the bot's storage: what it is about to send is stored before them. */
async function chatsOf(path: string): Promise<string[]> {
  const entries: [string, number[]][] = JSON.parse(await Deno.readTextFile(path));
  const chats = entries.filter(([name]) => name.includes("/chat/"));
  return chats.map(([, bytes]) => new TextDecoder().decode(Uint8Array.from(bytes)));
}

/** `online`: resolves once the bot reports that it is online. */
function startBot(node: string, cwd: string, env: Record<string, string>) {
  const bot = new Deno.Command(node, {
    args: ["bot.mjs"],
    cwd,
    env,
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const online = Promise.withResolvers<void>();
  const output = bot.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => text.includes("online") ? online.resolve() : undefined }),
  );
  return {
    online: online.promise,
    async [Symbol.asyncDispose]() {
      bot.kill("SIGTERM");
      await Promise.all([bot.status, output]);
    },
  };
}
