import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { buildPage } from "../../src/web/build/build_page.ts";

const KB = 1024;

async function gzipped(folder: URL, name: string): Promise<number> {
  return gzipSync(await Deno.readFile(new URL(name, folder)), { level: 9 }).length;
}

Deno.test("the page's first screen takes 45 KB of script and 8 KB of style, and 6 requests", async () => {
  const folder = await buildPage();
  const html = await Deno.readTextFile(new URL("index.html", folder));
  const names = [...html.matchAll(/(?:src|href)="\/web\/([^"]+)"/g)].map(([, name]) => name);
  const sum = async (ending: string) => {
    const sizes = names.filter((name) => name.endsWith(ending)).map((name) =>
      gzipped(folder, name)
    );
    return (await Promise.all(sizes)).reduce((total, size) => total + size, 0);
  };
  const [script, style] = [await sum(".js"), await sum(".css")];
  assert(script <= 45 * KB, `${script} bytes of script`);
  assert(style <= 8 * KB, `${style} bytes of style`);
  assert(names.length + 1 <= 6, `the page and ${names.join(", ")}`);
});

Deno.test("encryption and other languages are loaded on first use, and not before", async () => {
  const folder = await buildPage();
  const html = await Deno.readTextFile(new URL("index.html", folder));
  const all = [...Deno.readDirSync(folder)].map(({ name }) => name);
  for (const part of ["encryption", "de", "ar"]) {
    const name = all.find((each) => each.startsWith(`${part}-`));
    assert(name, `${part} is a part of its own`);
    assert(!html.includes(name), `${name} is not in the page`);
  }
});
