import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { oldestDeno } from "../support/oldest_deno.ts";
import { skipWithout } from "../support/skip.ts";
import { TempDir } from "../support/temp_dir.ts";

const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));

/**
 * Returns the exit code and last output of an operator's command, in a folder that contains only
 * the files of `fill`.
 */
async function failed(
  args: string[],
  fill: (folder: TempDir) => Promise<void> = () => Promise.resolve(),
  deno = Deno.execPath(),
): Promise<{ code: number; output: string }> {
  await using folder = await TempDir.make("command");
  await fill(folder);
  const { code, stderr } = await new Deno.Command(deno, {
    args: ["run", "-A", "--quiet", "--no-lock", ...args],
    cwd: folder.path,
    env: { DATA_DIR: folder.join("data"), MONGODB_URI: "", NO_COLOR: "1" },
  }).output();
  return { code, output: new TextDecoder().decode(stderr).trim() };
}

for (const args of [[], ["sqlite"], ["sqlite", "sqlite"], ["sqlite", "mysql"]]) {
  Deno.test(`store:copy ${args.join(" ")} prints its usage`, async () => {
    const { code, output } = await failed([source("tools/main.ts"), "copy", ...args]);
    assert.equal(code, 1);
    assert.match(
      output,
      /^Cannot copy: say "store:copy sqlite mongo" or "store:copy mongo sqlite"/,
    );
  });
}

Deno.test("store:copy reports a missing MONGODB_URI", async () => {
  const { output } = await failed([source("tools/main.ts"), "copy", "sqlite", "mongo"]);
  assert.equal(output, "Cannot copy: MONGODB_URI is not set");
});

for (const args of [["backup"], ["compact"], ["restore", "backup"]]) {
  Deno.test({
    name: `${args[0]} names the version of a Deno that cannot use SQLite`,
    ignore: skipWithout("oldestDeno"),
    fn: async () => {
      const nothing = () => Promise.resolve();
      const { code, output } = await failed(
        [source("tools/main.ts"), ...args],
        nothing,
        oldestDeno(),
      );
      assert.equal(code, 1);
      assert.match(output, /^Cannot use SQLite on Deno 2\.\d+\.\d+: .*deno upgrade/);
    },
  });
}

const USAGES: [string[], string][] = [
  [["backup", "--help"], "Usage: deno task backup [folder]"],
  [["backup", "one", "two"], "Usage: deno task backup [folder]"],
  [["restore", "-h"], "Usage: deno task restore <folder>"],
  [["compact", "--help"], "Usage: deno task compact"],
  [["compact", "data"], "Usage: deno task compact"],
  [["copy", "--help"], "Usage: deno task store:copy sqlite mongo | mongo sqlite"],
];
for (const [args, usage] of USAGES) {
  Deno.test(`${args.join(" ")} prints its usage, and does nothing else`, async () => {
    const found = await failed([source("tools/main.ts"), ...args]);
    assert.deepEqual(found, { code: 64, output: usage });
  });
}

Deno.test("compact and backup name the file that is no database", async () => {
  const fill = async (folder: TempDir) => {
    await Deno.mkdir(folder.join("data"));
    await Deno.writeTextFile(folder.join("data/chat.sqlite3"), "no database ".repeat(1_000));
  };
  for (const [command, text] of [["compact", "Cannot compact"], ["backup", "Cannot back up"]]) {
    const { code, output } = await failed([source("tools/main.ts"), command], fill);
    assert.equal(code, 1);
    assert.match(output, new RegExp(`^${text} .*chat\\.sqlite3.*: file is not a database$`));
  }
});

Deno.test("the operator's commands report in one line that the database cannot be opened", async () => {
  const fill = async (folder: TempDir) => {
    await Deno.mkdir(folder.join("data"));
    await Deno.writeTextFile(folder.join("data/chat.sqlite3"), "no database ".repeat(1_000));
  };
  for (const args of [["admin.ts", "list"], ["apikey.ts", "list"], ["import.ts", "a.ndjson"]]) {
    const { code, output } = await failed([source(args[0]), args[1]], fill);
    assert.equal(code, 1);
    assert.match(output.split("\n").at(-1)!, /^Cannot open .*: file is not a database\. .*restore/);
  }
});

Deno.test("import reports a folder in one line", async () => {
  const { code, output } = await failed([source("import.ts"), "."]);
  assert.equal(code, 1);
  assert.equal(output.split("\n").at(-1), "Cannot import .: it is a folder");
});

Deno.test("the launcher reports in one line that it cannot read .env", async () => {
  const { code, output } = await failed([source("launch.ts"), "start"], async (folder) => {
    await Deno.mkdir(folder.join(".env"));
  });
  assert.equal(code, 78);
  assert.match(output, /^Cannot read \.env: .*; it must be a file that this account may read$/);
});
