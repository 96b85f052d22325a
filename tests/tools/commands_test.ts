import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { TempDir } from "../support/temp_dir.ts";

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/** Exit code and last words of a command of an operator, in a folder with nothing in it but what `fill` makes. */
async function failed(
  args: string[],
  fill: (folder: TempDir) => Promise<void> = () => Promise.resolve(),
): Promise<{ code: number; said: string }> {
  await using folder = await TempDir.make("command");
  await fill(folder);
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", "--no-lock", ...args],
    cwd: folder.path,
    env: { DATA_DIR: folder.join("data"), MONGODB_URI: "", NO_COLOR: "1" },
  }).output();
  return { code, said: new TextDecoder().decode(stderr).trim() };
}

for (const args of [[], ["sqlite"], ["sqlite", "sqlite"], ["sqlite", "mysql"]]) {
  Deno.test(`store:copy ${args.join(" ")} says how it is called`, async () => {
    const { code, said } = await failed([source("tools/main.ts"), "copy", ...args]);
    assert.equal(code, 1);
    assert.match(said, /^Cannot copy: say "store:copy sqlite mongo" or "store:copy mongo sqlite"/);
  });
}

Deno.test("store:copy without MONGODB_URI says so", async () => {
  const { said } = await failed([source("tools/main.ts"), "copy", "sqlite", "mongo"]);
  assert.equal(said, "Cannot copy: MONGODB_URI is not set");
});

Deno.test("the launcher says in a line that it cannot read .env", async () => {
  const { code, said } = await failed([source("launch.ts"), "start"], async (folder) => {
    await Deno.mkdir(folder.join(".env"));
  });
  assert.equal(code, 78);
  assert.match(said, /^Cannot read \.env: .*; it must be a file that this account may read$/);
});
