import assert from "node:assert/strict";
import { join } from "node:path";
import { freePort } from "../support/free_port.ts";
import { RunningApp } from "../support/running_app.ts";
import { ServerProcess } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { upload } from "../support/uploads.ts";

/** Returns the paths at and below the folder that the group or others may read, write or enter. */
function open(folder: string): string[] {
  const mine = (Deno.statSync(folder).mode! & 0o077) === 0 ? [] : [folder];
  return [...mine, ...entries(folder)];
}

function entries(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    const path = join(folder, name);
    const own = (Deno.statSync(path).mode! & 0o077) === 0 ? [] : [path];
    return isDirectory ? [...own, ...entries(path)] : own;
  });
}

Deno.test({
  name: "only the owner may read files in the data folder, including those of an earlier release",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await TempDir.make("private");
    const dataDir = folder.join("data");
    await Deno.mkdir(join(dataDir, "media"), { recursive: true });
    for (const name of ["chat.sqlite3", "kv.sqlite3", "dev_secrets.json.old"]) {
      await Deno.writeTextFile(join(dataDir, name), "", { mode: 0o644 });
    }
    for (const path of [dataDir, join(dataDir, "media")]) await Deno.chmod(path, 0o755);
    await using server = await ServerProcess.start({ env: { DATA_DIR: dataDir } });
    // A file that does not belong to the server keeps its permissions.
    assert.deepEqual(open(dataDir), [join(dataDir, "dev_secrets.json.old")]);
    await server.kill("SIGTERM");
  },
});

Deno.test({
  name: "only the server's own account may read uploads",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using app = await RunningApp.start({ BROKER: "kv" });
    const { ann } = await app.people("ann");
    assert.equal((await upload(app, ann, "some bytes", { name: "a.txt" })).status, 201);
    assert.deepEqual(open(app.config.dataDir), []);
  },
});

Deno.test({
  name: "only the owner may read the data folder of a server whose uploads are in a bucket",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using app = await RunningApp.start({
      BROKER: "kv",
      AWS_BUCKET_NAME: "bucket",
      AWS_REGION: "region",
      AWS_ENDPOINT_URL: `http://127.0.0.1:${freePort()}`,
      AWS_ACCESS_KEY_ID: "key",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
    await app.people("ann");
    assert.deepEqual(open(app.config.dataDir), []);
    assert.ok((await Deno.stat(join(app.config.dataDir, "chat.sqlite3"))).isFile);
  },
});

Deno.test({
  name: "only the owner may read the file of Deno KV, in a folder that the server makes",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await TempDir.make("private");
    const [kvFolder, kvPath] = [folder.join("made"), folder.join("made/deeper/kv.sqlite3")];
    await using app = await RunningApp.start({ BROKER: "kv", DENO_KV_PATH: kvPath });
    await app.people("ann");
    assert.ok((await Deno.stat(kvPath)).isFile);
    assert.deepEqual(open(kvFolder), []);
  },
});
