import assert from "node:assert/strict";
import { renderToString } from "react-dom/server";
import { ChatClient } from "../../../src/client/mod.ts";
import { TestBrowser } from "../../support/browser.ts";
import { RunningApp } from "../../support/running_app.ts";
import { skipWithout } from "../../support/skip.ts";
import { clientOf } from "../people.ts";
import { bundled } from "./bundled.ts";
import { hydratedApp, type Shown } from "./hydrated_app.ts";

/** The hooks' values that a server renders, as far as they do not depend on the chat. */
const ON_SERVER = { connection: "idle", titles: [], title: null, texts: [], members: 0, draft: "" };

/** Shown by the page once it has taken up the HTML. */
const LOADED = {
  connection: "online",
  titles: ["bob"],
  title: "bob",
  texts: ["hello"],
  members: 2,
  draft: "a draft",
  name: "bob",
  names: ["bob"],
};

for (
  const [version, config] of [[19, "tests/deno.json"], [18, "tests/client/react/react_18.json"]]
) {
  Deno.test({
    name:
      `hooks hydrate a server's HTML in React ${version} with a client that has loaded its data`,
    ignore: skipWithout("browser"),
    fn: () => hydrates(String(config)),
  });
}

async function hydrates(config: string): Promise<void> {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  await using bobs = await clientOf(app.url, bob);
  const { id: chatId } = await bobs.client.openDirect(ann.id);
  await bobs.client.send(chatId, { text: "hello" });
  const shown = { chatId, userId: bob.id };
  const html = await onServer(app.url, shown);
  const script = await bundled("tests/client/react/hydrating_page.ts", { config });
  await using pages = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const isScript = new URL(request.url).pathname === "/app.js";
    const type = isScript ? "text/javascript" : "text/html";
    return new Response(isScript ? script : html, { headers: { "content-type": type } });
  });
  await using browser = await TestBrowser.launch();
  const page = await browser.page();
  const { id, username, token } = ann;
  const hash = btoa(JSON.stringify({ url: app.url, id, username, token, ...shown }));
  await page.goto(`http://127.0.0.1:${pages.addr.port}/#${hash}`);
  for (const [name, value] of Object.entries(LOADED)) {
    await page.locator("#shown", { hasText: `"${name}":${JSON.stringify(value)}` }).waitFor();
  }
  assert.deepEqual(await page.evaluate("refused"), []);
  assert.deepEqual(browser.faults, []);
}

/** Renders the page with a client that is not signed in, as a server does for each request. */
async function onServer(url: string, shown: Shown): Promise<string> {
  const client = new ChatClient({ url });
  const html = renderToString(hydratedApp(client, shown));
  // A person who was asked for is fetched, as the user of the page.
  assert.deepEqual(client.people.all(), []);
  await client.close();
  const rendered = JSON.parse(html.match(/\{.*\}/)![0].replaceAll("&quot;", '"'));
  for (const [name, value] of Object.entries(ON_SERVER)) assert.deepEqual(rendered[name], value);
  return `<!doctype html><div id="root">${html}</div><script type="module" src="/app.js"></script>`;
}
