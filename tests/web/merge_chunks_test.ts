import assert from "node:assert/strict";
import { mergeChunks } from "../../src/web/build/merge_chunks.ts";
import { TempDir } from "../support/temp_dir.ts";

const PARTS = new Map([
  [
    "main.js",
    'import{a as x}from"./chunk-A.js";var u=()=>import("./view-B.js"),v=()=>import("./known-C.js");' +
    "globalThis.page={x,u,v};",
  ],
  ["chunk-A.js", 'var b="shared";export{b as a};'],
  [
    "view-B.js",
    'import{a as y}from"./chunk-A.js";import{c as z}from"./chunk-D.js";var w=y+z;export{w as text};',
  ],
  ["known-C.js", 'import{a as k}from"./chunk-A.js";export{k as known};'],
  ["chunk-D.js", 'var d=" late";export{d as c};'],
]);

async function loaded() {
  const folder = await Deno.makeTempDir({ prefix: "merged" });
  try {
    const { merged, entry } = mergeChunks(PARTS, "main.js");
    for (const [name, code] of merged) await Deno.writeTextFile(`${folder}/${name}`, code);
    await import(`file://${folder}/${entry}`);
    const { page } = globalThis as unknown as {
      page: {
        x: string;
        u(): Promise<{ text: string }>;
        v(): Promise<{ known: string }>;
      };
    };
    return { merged, entry, x: page.x, view: await page.u(), known: await page.v() };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("mergeChunks keeps what the parts do, and puts everything that the entry imports into it", async () => {
  const { x, view, known } = await loaded();
  assert.equal(x, "shared");
  assert.equal(view.text, "shared late");
  assert.equal(known.known, "shared");
});

Deno.test("mergeChunks makes no file of a part that only passes on what the entry has", async () => {
  const { merged } = await loaded();
  const names = [...merged.keys()].map((name) => name.replace(/-[0-9a-f]{10}\.js$/, "")).sort();
  assert.deepEqual(names, ["chunk-D", "main", "view-B"]);
});

Deno.test("mergeChunks lets a browser fetch everything that a first use takes at once", async () => {
  const { merged, entry } = await loaded();
  assert.match(
    merged.get(entry)!,
    /\(import\("\.\/chunk-D-[0-9a-f]{10}\.js"\),import\("\.\/view-B-[0-9a-f]{10}\.js"\)\)/,
  );
});

Deno.test("mergeChunks runs a part once that several others import", async () => {
  await using folder = await TempDir.make("merged");
  const { merged, entry } = mergeChunks(
    new Map([
      ["main.js", 'import{b}from"./chunk-B.js";import{c}from"./chunk-C.js";globalThis.both=[b,c];'],
      ["chunk-B.js", 'import{d as e}from"./chunk-D.js";var b=e;export{b};'],
      ["chunk-C.js", 'import{d as f}from"./chunk-D.js";var c=f;export{c};'],
      ["chunk-D.js", "var d={};export{d};"],
    ]),
    "main.js",
  );
  await Deno.writeTextFile(folder.join("entry.js"), merged.get(entry)!);
  await import(`file://${folder.join("entry.js")}`);
  const { both: [b, c] } = globalThis as unknown as { both: object[] };
  assert.equal(b, c);
});

Deno.test("mergeChunks lets a part that is loaded on first use load what the entry has, without a file", async () => {
  await using folder = await TempDir.make("merged");
  const { merged, entry } = mergeChunks(
    new Map([
      ["main.js", 'import{b}from"./chunk-B.js";globalThis.late=()=>import("./view-C.js");b;'],
      ["chunk-B.js", 'var b="of the entry";export{b};'],
      ["view-C.js", 'var c=async()=>(await import("./chunk-B.js")).b;export{c};'],
    ]),
    "main.js",
  );
  for (const [name, code] of merged) await Deno.writeTextFile(folder.join(name), code);
  await import(`file://${folder.join(entry)}`);
  const { late } = globalThis as unknown as { late(): Promise<{ c(): Promise<string> }> };
  assert.equal(await (await late()).c(), "of the entry");
  assert.equal(merged.size, 2);
});
