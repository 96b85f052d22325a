import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { clientOf } from "../client/people.ts";
import { TestBrowser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { skipWithout } from "../support/skip.ts";
import { TempDir } from "../support/temp_dir.ts";
import { bundleClient, SINGLE } from "../tools/client_package/build.ts";
import { NOTICES } from "../tools/client_package/notices.ts";

Deno.test({
  name:
    "the minified file works in a browser: keys and texts are there after the page is loaded again",
  ignore: skipWithout("browser"),
  fn: async () => {
    await using app = await RunningApp.start();
    const { ann, bob } = await app.people("ann", "bob");
    const bundle = await singleFile();
    await using pages = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const isScript = new URL(request.url).pathname === "/client.js";
      const type = isScript ? "text/javascript" : "text/html";
      return new Response(isScript ? bundle : PAGE, { headers: { "content-type": type } });
    });
    await using bobs = await clientOf(app.url, bob, { device: "phone" });
    await using browser = await TestBrowser.launch();
    const page = await browser.page();
    const session = { url: app.url, id: ann.id, username: ann.username, token: ann.token };
    const address = `http://127.0.0.1:${pages.addr.port}/#${btoa(JSON.stringify(session))}`;
    await page.goto(address);
    await page.waitForFunction("window.client?.state === 'online' && window.ready");
    const chatId = await page.evaluate(
      `client.encryption.createDirect(${JSON.stringify(bob.id)}).then(({ id }) => id)`,
    ) as string;
    await eventually("bob has the chat", () => bobs.client.model.chat(chatId));
    await bobs.client.send(chatId, { text: "hello browser" });
    const shown = `client.model.messagesOf(${JSON.stringify(chatId)}).map(({ text }) => text)`;
    await page.waitForFunction(`${shown}.includes("hello browser")`);
    await page.evaluate(`client.send(${JSON.stringify(chatId)}, { text: "hello bob" })`);
    await eventually("bob reads it", () => bobs.texts(chatId).includes("hello bob"));
    await page.reload();
    await page.waitForFunction("window.client?.state === 'online' && window.ready");
    await page.waitForFunction(`${shown}.includes("hello bob")`);
    await bobs.client.send(chatId, { text: "still there?" });
    await page.waitForFunction(`${shown}.includes("still there?")`);
    assert.equal(await page.evaluate("client.encryption.deviceId"), await deviceOf(bobs, chatId));
    assert.deepEqual(browser.faults, []);
  },
});

Deno.test({
  name:
    "a page learns that the server does not admit its origin, and distinguishes that from being offline",
  ignore: skipWithout("browser"),
  fn: async () => {
    const app = await RunningApp.start({ CORS_ORIGINS: "https://chat.example.org" });
    const bundle = await singleFile();
    await using pages = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const isScript = new URL(request.url).pathname === "/client.js";
      const type = isScript ? "text/javascript" : "text/html";
      return new Response(isScript ? bundle : "<!doctype html>", {
        headers: { "content-type": type },
      });
    });
    await using browser = await TestBrowser.launch();
    const page = await browser.page();
    await page.goto(`http://127.0.0.1:${pages.addr.port}/`);
    const signIn = `import("/client.js").then(({ ChatClient }) =>
      new ChatClient({ url: "${app.url}" }).signIn({ identifier: "ann", password: "wrong" })
    ).catch(({ code, message }) => [code, message])`;
    const [code, message] = await page.evaluate(signIn) as [string, string];
    assert.equal(code, "misuse");
    assert.match(
      message,
      /does not admit pages of http:\/\/127\.0\.0\.1:\d+\. Add that to CORS_ORIGINS/,
    );
    await app.stop();
    assert.equal((await page.evaluate(signIn) as [string])[0], "offline");
  },
});

Deno.test("the package loads the encryption only when it is enabled", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using folder = await TempDir.make("parts");
  await bundleClient(folder.path);
  const [encryption] = [...Deno.readDirSync(folder.path)].map(({ name }) => name)
    .filter((name) => /^encryption-\w+\.js$/.test(name));
  const withheld = folder.join("withheld.js");
  await Deno.rename(folder.join(encryption), withheld);
  const { ChatClient } = await import(pathToFileURL(folder.join("mod.js")).href);
  const client = new ChatClient({ url: app.url });
  const user = { id: ann.id, username: ann.username };
  const pair = { accessToken: ann.token, refreshToken: "none", expiresIn: 3600 };
  await client.useSession({ user, ...pair });
  client.connect();
  await client.online();
  const chat = await client.openDirect(bob.id);
  assert.equal((await client.send(chat.id, { text: "plain" })).text, "plain");
  await assert.rejects(client.enableEncryption("phone"), /module/i);
  await Deno.rename(withheld, folder.join(encryption));
  await client.close();
});

Deno.test("the package carries the licenses of all packages whose code it contains", async () => {
  await using folder = await TempDir.make("notices");
  await bundleClient(folder.path);
  const notices = await Deno.readTextFile(folder.join(NOTICES));
  const used = new Set<string>();
  for (const { name } of Deno.readDirSync(folder.path)) {
    if (!name.endsWith(".js.map")) continue;
    const { sources } = JSON.parse(await Deno.readTextFile(folder.join(name)));
    for (const source of sources) {
      const [, of, version] = /^npm\/((?:@[^/]+\/)?[^/]+)\/([^/]+)\//.exec(source) ?? [];
      if (of) used.add(`${of} ${version}`);
    }
  }
  assert.ok([...used].some((name) => name.startsWith("ts-mls ")), [...used].join());
  for (const name of used) assert.ok(notices.includes(`\n${name} (`), name);
  const licenses = notices.match(/Permission is hereby granted|Apache License/g);
  assert.equal(licenses?.length, used.size);
});

async function singleFile(): Promise<Uint8Array<ArrayBuffer>> {
  await using folder = await TempDir.make("bundle");
  await bundleClient(folder.path);
  return await Deno.readFile(folder.join(`${SINGLE}.js`));
}

async function deviceOf({ client }: Awaited<ReturnType<typeof clientOf>>, chatId: string) {
  const roster = await client.encryption.roster(chatId);
  return roster.find(({ userId }) => userId !== client.userId)!.deviceId;
}

const PAGE = `<!doctype html><title>client</title><script type="module">
  import { ChatClient, indexedDbDeviceKey, indexedDbStore } from "/client.js";
  const { url, id, username, token } = JSON.parse(atob(location.hash.slice(1)));
  const storage = await indexedDbStore("chat");
  const deviceKey = await indexedDbDeviceKey("chat");
  const client = window.client = new ChatClient({ url, storage, deviceKey });
  client.on("fault", (error) => console.error(error));
  if (!await client.resume()) {
    const user = { id, username };
    await client.useSession({ user, accessToken: token, refreshToken: "none", expiresIn: 3600 });
  }
  client.connect();
  await client.online();
  await client.enableEncryption("browser");
  window.ready = true;
</script>`;
