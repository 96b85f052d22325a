import assert from "node:assert/strict";
import { buildPage } from "../../src/web/build/build_page.ts";
import { filesOfScreen, gzippedSize } from "../support/page_parts.ts";

const KB = 1024;

for (const [view, ...parts] of [["signing in", "sign_in_view"], ["the list of chats"]]) {
  Deno.test(`the page's first screen, ${view}, takes 45 KB of script, 8 KB of style and 6 requests`, async () => {
    const folder = await buildPage();
    const names = await filesOfScreen(folder, ...parts);
    const [script, style] = [
      await gzippedSize(folder, names, ".js"),
      await gzippedSize(folder, names, ".css"),
    ];
    assert(script <= 45 * KB, `${script} bytes of script`);
    assert(style <= 8 * KB, `${style} bytes of style`);
    assert(names.length + 1 <= 6, `the page and ${names.join(", ")}`);
  });
}

Deno.test("the page with an open chat takes 50 KB of script", async () => {
  const folder = await buildPage();
  const script = await gzippedSize(folder, await filesOfScreen(folder, "open_chat"), ".js");
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
