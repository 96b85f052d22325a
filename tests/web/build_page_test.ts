import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { writePage } from "../../src/web/build/build_page.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("the page is built by one bundler at a time, and no file is written after it", async () => {
  await using folder = await TempDir.make("page");
  const { Command, writeTextFile } = Deno;
  let running = 0;
  let writing = 0;
  const seen: number[] = [];
  Deno.Command = class extends Command {
    override async output() {
      seen.push(++running);
      try {
        return await super.output();
      } finally {
        running--;
      }
    }
  };
  Deno.writeTextFile = async (...args) => {
    writing++;
    await writeTextFile(...args).finally(() => writing--);
  };
  try {
    await writePage(pathToFileURL(`${folder.path}/`));
    assert.equal(writing, 0);
  } finally {
    Object.assign(Deno, { Command, writeTextFile });
  }
  assert.deepEqual(seen, [1, 1]);
});
