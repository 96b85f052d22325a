import assert from "node:assert/strict";
import { effectiveEnvironment } from "../../src/launcher/effective_environment.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

/** Returns what the server itself reads of `.env`, started in the same way. */
async function asServed(folder: string, own: Record<string, string>) {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-config", "--env-file", "--allow-env", "print.js"],
    cwd: folder,
    env: own,
    clearEnv: true,
  }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}

const FILES: Record<string, string> = {
  "a variable within a value": 'DATA_DIR=$HOME/chat\nAWS_REGION="${HOME}x"\n',
  "a variable that stands twice": "DATA_DIR=/first\nPORT=1\nDATA_DIR=/second\n",
  "quotes, comments and Windows' line ends": "DATA_DIR='/a b' # there\r\nPORT=1\r\n",
  "a byte order mark": "\ufeffDATA_DIR=/first\nPORT=1\n",
  "the process's own variable": "DATA_DIR=/first\nHOST=::1\n",
};

for (const [name, text] of Object.entries(FILES)) {
  Deno.test(`effectiveEnvironment reads .env as the server does: ${name}`, async () => {
    await using folder = await TempDir.make("environment");
    await Deno.writeTextFile(folder.join(".env"), text);
    await Deno.writeTextFile(
      folder.join("print.js"),
      "console.log(JSON.stringify(Deno.env.toObject()))",
    );
    const own = { ...inheritedEnvironment(), HOME: "/home/ann", HOST: "127.0.0.1" };
    const expected = await asServed(folder.path, own);
    assert.equal(expected.HOST, "127.0.0.1");
    assert.deepEqual(await effectiveEnvironment(own, folder.path), expected);
  });
}

Deno.test("effectiveEnvironment is the process's where there is no .env", async () => {
  await using folder = await TempDir.make("environment");
  assert.deepEqual(await effectiveEnvironment({ PORT: "1" }, folder.path), { PORT: "1" });
});
