import assert from "node:assert/strict";
import { TestBrowser } from "../support/browser.ts";
import { skipWithout } from "../support/skip.ts";
import { bundled } from "./react/bundled.ts";

Deno.test({
  name: "indexedDbDeviceKey returns one key to callers that make it at the same time",
  ignore: skipWithout("browser"),
  fn: async () => {
    const script = await bundled("src/client/indexed_db_store.ts", {});
    await using pages = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
      const isScript = new URL(request.url).pathname === "/store.js";
      return new Response(isScript ? script : "<!doctype html>", {
        headers: { "content-type": isScript ? "text/javascript" : "text/html" },
      });
    });
    await using browser = await TestBrowser.launch();
    const page = await browser.page();
    await page.goto(`http://127.0.0.1:${pages.addr.port}/`);
    const opened = await page.evaluate(`import("/store.js").then(async (store) => {
      // As two tabs, or an effect that React's StrictMode runs twice.
      const [one, other] = await Promise.all(["chat", "chat"].map(store.indexedDbDeviceKey));
      const cipher = { name: "AES-GCM", iv: new Uint8Array(12) };
      const sealed = await crypto.subtle.encrypt(cipher, one, new Uint8Array([1, 2]));
      return [...new Uint8Array(await crypto.subtle.decrypt(cipher, other, sealed))];
    })`);
    assert.deepEqual(opened, [1, 2]);
    assert.deepEqual(browser.faults, []);
  },
});
