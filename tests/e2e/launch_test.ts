import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { answersHttp, ChildServer } from "../support/child_server.ts";
import { eventually } from "../support/eventually.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import denoJson from "../../deno.json" with { type: "json" };

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

for (const task of ["start", "dev", "start:parallel"] as const) {
  Deno.test({
    name:
      `deno task ${task} serves from its data folder, and ends the server when it is asked to stop`,
    // Signals are not available there.
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using folder = await TempDir.make("launch");
      const { server, port } = await ChildServer.startOnFreePort((port) => ({
        program: Deno.execPath(),
        args: denoJson.tasks[task].command.split(" ").slice(1),
        env: { PORT: String(port), DATA_DIR: folder.join("data"), DENO_JOBS: "1" },
        inherit: (name: string) => name in inheritedEnvironment(),
        cwd: ROOT,
        ready: () => answersHttp(`http://127.0.0.1:${port}/healthz`),
        readyWithin: 60_000,
      }));
      await using _server = server;
      assert.ok((await Deno.stat(folder.join("data", "chat.sqlite3"))).isFile);
      assert.deepEqual(await server.kill("SIGTERM"), { code: 0, signal: null });
      const url = `http://127.0.0.1:${port}/healthz`;
      await eventually("nobody answers", async () => !await answersHttp(url).catch(() => false));
    },
  });
}
