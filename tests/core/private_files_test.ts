import assert from "node:assert/strict";
import { makePrivateFile, makePrivateFolder } from "../../src/core/private_files.ts";
import { TempDir } from "../support/temp_dir.ts";

const modeOf = async (path: string) => (await Deno.stat(path)).mode! & 0o777;

Deno.test({
  name: "files and folders of the server are its owner's, and others in there stay as they are",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await using folder = await TempDir.make("private_files");
    const root = folder.join("data");
    await Deno.mkdir(`${root}/own_folder`, { recursive: true });
    await Deno.mkdir(`${root}/other_folder`);
    const files = [`${root}/own.db`, `${root}/other.txt`, `${root}/own_folder/inner`];
    for (const file of files) await Deno.writeTextFile(file, "kept");
    for (const path of [root, `${root}/own_folder`, `${root}/other_folder`]) {
      await Deno.chmod(path, 0o755);
    }
    for (const file of files) await Deno.chmod(file, 0o644);
    await makePrivateFolder(root, /^own/);
    assert.deepEqual(
      await Promise.all([root, `${root}/own_folder`, `${root}/other_folder`, ...files].map(modeOf)),
      [0o700, 0o700, 0o755, 0o600, 0o644, 0o644],
    );
    await Deno.chmod(files[0], 0o640);
    await makePrivateFile(files[0]);
    assert.deepEqual([await modeOf(files[0]), await Deno.readTextFile(files[0])], [0o600, "kept"]);
    await makePrivateFile(`${root}/new`);
    assert.equal(await modeOf(`${root}/new`), 0o600);
  },
});
