import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { writePage } from "../../src/web/build/build_page.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("the page is built by one bundler at a time, and no file is written beside or after it", async () => {
  await using folder = await TempDir.make("page");
  const { Command, writeFile, writeTextFile } = Deno;
  let running = 0;
  let writing = 0;
  const seen: { running: number; writing: number }[] = [];
  Deno.Command = class extends Command {
    override async output() {
      seen.push({ running: ++running, writing });
      try {
        return await super.output();
      } finally {
        running--;
      }
    }
  };
  const counted = async (write: Promise<void>) => {
    writing++;
    await write.finally(() => writing--);
  };
  Deno.writeFile = (...args) => counted(writeFile(...args));
  Deno.writeTextFile = (...args) => counted(writeTextFile(...args));
  try {
    await writePage(pathToFileURL(`${folder.path}/`));
    assert.equal(writing, 0);
  } finally {
    Object.assign(Deno, { Command, writeFile, writeTextFile });
  }
  const alone = { running: 1, writing: 0 };
  assert.deepEqual(seen, [alone, alone]);
});
