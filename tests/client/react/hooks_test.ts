import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { TestBrowser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { blackPng } from "../../support/pictures.ts";
import { RunningApp } from "../../support/running_app.ts";
import { skipWithout } from "../../support/skip.ts";
import { clientOf } from "../people.ts";
import { bundled } from "./bundled.ts";

for (
  const [version, config] of [[19, "tests/deno.json"], [18, "tests/client/react/react_18.json"]]
) {
  Deno.test({
    name:
      `hooks render inbox, chat, typing, presence and pictures in React ${version}, and only after changes`,
    ignore: skipWithout("browser"),
    fn: () => showsEverything(String(version), String(config)),
  });
}

async function showsEverything(version: string, config: string): Promise<void> {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const script = await bundled("tests/client/react/app.ts", { config });
  await using pages = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    const isScript = new URL(request.url).pathname === "/app.js";
    const type = isScript ? "text/javascript" : "text/html";
    return new Response(isScript ? script : PAGE, { headers: { "content-type": type } });
  });
  await using bobs = await clientOf(app.url, bob);
  const { id } = await bobs.client.openDirect(ann.id);
  for (let i = 1; i <= 55; i++) await bobs.client.send(id, { text: `message ${i}` });
  await using browser = await TestBrowser.launch();
  const page = await browser.page();
  const session = { url: app.url, id: ann.id, username: ann.username, token: ann.token };
  const hash = btoa(JSON.stringify(session));
  await page.goto(`http://127.0.0.1:${pages.addr.port}/#${hash}`);
  assert.equal(await page.evaluate("reactVersion.split('.')[0]"), version);
  const shows = (selector: string, text: string) =>
    page.locator(selector, { hasText: text }).first().waitFor();
  await shows("#connection", "online");
  await shows(".chat", "bob (55): message 55");
  await page.locator(".chat").click();
  await shows(".chat", "bob (0): message 55");
  await shows(".message", "bob/online: message 6");
  await shows("#members", "2");
  assert.equal(await page.locator(".message").count(), 50);
  await page.locator("#older").click();
  await page.locator("#older").waitFor({ state: "detached" });
  assert.equal(await page.locator(".message").count(), 55);
  bobs.client.chat(id).setDraft({ text: "typing" });
  await shows("#typing", "bob is typing");
  const before = await page.evaluate("renders.connection");
  await page.locator("#text").fill("hello");
  await page.locator("#text").press("Home");
  await page.keyboard.type("oh, ");
  assert.equal(await page.locator("#text").inputValue(), "oh, hello", "the caret stays");
  await eventually("bob sees it", () => bobs.client.chat(id).typing.getSnapshot().length === 1);
  await page.locator("#send").click();
  await eventually("bob has it", () => bobs.texts(id).includes("oh, hello"));
  assert.equal(await page.locator("#text").inputValue(), "");
  await shows(".chat", "bob (0): oh, hello");
  assert.equal(await page.evaluate("renders.connection"), before, "nothing of it has changed");
  await shows("#names", "ann,bob");
  const renamed = await app.client(bob).put("/api/users/profile", { displayName: "Robert" });
  assert.equal(renamed.status, 200);
  await shows("#names", "Robert,ann");
  const picture = new File([blackPng(8, 8)], "p.png", { type: "image/png" });
  const media = await bobs.client.files.upload(picture);
  await bobs.client.send(id, { mediaIds: [media.id] });
  await page.waitForFunction("document.querySelector('img')?.naturalWidth === 8");
  assert.deepEqual(browser.faults, []);
}

Deno.test("hooks take at most 3 KB, gzipped, and contain nothing of the core", async () => {
  const size =
    gzipSync(await bundled("src/client/react/mod.ts", { external: ["react"] }), { level: 9 })
      .length;
  assert.ok(size <= 3_000, `${size} bytes`);
});

const PAGE = '<!doctype html><div id="root"></div><script type="module" src="/app.js"></script>';
