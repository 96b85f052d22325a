import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { flag } from "../support/pictures.ts";
import { ImportWorld } from "./import_world.ts";

const GUIDE = fileURLToPath(new URL("../../src/import/README.md", import.meta.url));

Deno.test("the lines of the guide are imported as they stand", async () => {
  const text = await Deno.readTextFile(GUIDE);
  const [, block] = /```json\n([^`]+)\n```/.exec(text)!;
  await using world = await ImportWorld.start();
  for (const folder of ["faces", "files"]) await Deno.mkdir(world.folder.join(folder));
  await Deno.writeFile(world.folder.join("faces", "ann.png"), await flag(32, 32, ".png"));
  await Deno.writeFile(world.folder.join("files", "kite.jpg"), await flag(32, 32, ".jpg"));
  const { code, out, refused } = await world.import(block.split("\n"));
  assert.deepEqual([code, refused], [0, []]);
  assert.match(out, /^Imported 2 people, 1 chats, 2 messages and 1 files/);
});
