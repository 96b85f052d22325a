import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { writePage } from "../../src/web/build/build_page.ts";
import { TempDir } from "../support/temp_dir.ts";

Deno.test("the page is built by one bundler at a time", async () => {
  await using folder = await TempDir.make("page");
  const { Command } = Deno;
  let running = 0;
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
  try {
    await writePage(pathToFileURL(`${folder.path}/`));
  } finally {
    Deno.Command = Command;
  }
  assert.deepEqual(seen, [1, 1]);
});
