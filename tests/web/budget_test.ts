import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { buildPage } from "../../src/web/build/build_page.ts";

const KB = 1024;

async function gzipped(folder: URL, name: string): Promise<number> {
  return gzipSync(await Deno.readFile(new URL(name, folder)), { level: 9 }).length;
}

/**
 * Names of the files that the page itself requests, and of the further parts that a first screen
 * loads.
 */
async function screen(folder: URL, ...parts: string[]): Promise<string[]> {
  const html = await Deno.readTextFile(new URL("index.html", folder));
  const named = [...html.matchAll(/(?:src|href)="\/web\/([^"]+)"/g)].map(([, name]) => name);
  const names = new Set(named);
  const pending = [...Deno.readDirSync(folder)].map(({ name }) => name)
    .filter((name) => parts.some((part) => name.startsWith(`${part}-`)));
  for (const name of pending) {
    names.add(name);
    const code = await Deno.readTextFile(new URL(name, folder));
    for (const [, imported] of code.matchAll(/from"\.\/([^"]+)"/g)) {
      if (!names.has(imported)) pending.push(imported);
    }
  }
  return [...names];
}

async function size(folder: URL, names: string[], ending: string): Promise<number> {
  const sizes = names.filter((name) => name.endsWith(ending)).map((name) => gzipped(folder, name));
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
}

for (const [view, ...parts] of [["signing in", "sign_in_view"], ["the list of chats"]]) {
  Deno.test(`the page's first screen, ${view}, takes 45 KB of script, 8 KB of style and 6 requests`, async () => {
    const folder = await buildPage();
    const names = await screen(folder, ...parts);
    const [script, style] = [await size(folder, names, ".js"), await size(folder, names, ".css")];
    assert(script <= 45 * KB, `${script} bytes of script`);
    assert(style <= 8 * KB, `${style} bytes of style`);
    assert(names.length + 1 <= 6, `the page and ${names.join(", ")}`);
  });
}

Deno.test("the page with an open chat takes 50 KB of script", async () => {
  const folder = await buildPage();
  const script = await size(folder, await screen(folder, "open_chat"), ".js");
  assert(script <= 50 * KB, `${script} bytes of script`);
});

Deno.test("encryption, settings and other languages are loaded on first use, and not before", async () => {
  const folder = await buildPage();
  const html = await Deno.readTextFile(new URL("index.html", folder));
  const all = [...Deno.readDirSync(folder)].map(({ name }) => name);
  for (const part of ["encryption", "settings_dialog", "de", "ar"]) {
    const name = all.find((each) => each.startsWith(`${part}-`));
    assert(name, `${part} is a part of its own`);
    assert(!html.includes(name), `${name} is not in the page`);
  }
});
