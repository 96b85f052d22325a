import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { eventually } from "../support/eventually.ts";
import { HttpClient } from "../support/http_client.ts";
import { freePort } from "../support/free_port.ts";
import { RawWebSocket } from "../support/raw_web_socket.ts";
import {
  inheritedEnvironment,
  launchArguments,
  startArguments,
} from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";
import { testEnvironment } from "../support/test_config.ts";
import { within } from "../support/within.ts";

const OPEN_FILES = 200;
const SOCKETS = 300;

/** Command lines of each way of serving, for a port and a data folder. */
const WAYS: Record<string, (port: number, dataDir: string) => string[]> = {
  "deno task start": (_port, dataDir) => startArguments(dataDir),
  "deno task start:parallel": (port, dataDir) =>
    launchArguments("parallel", { PORT: String(port), HOST: "127.0.0.1", DATA_DIR: dataDir }),
};

/** Opens a connection that sends nothing: it costs one open file, like any other. */
async function connectTo(port: number): Promise<Deno.TcpConn | null> {
  try {
    return await Deno.connect({ hostname: "127.0.0.1", port });
  } catch {
    return null;
  }
}

for (const [name, argumentsOf] of Object.entries(WAYS)) {
  Deno.test({
    name: `${name} survives the limit of open files, and serves again when connections close`,
    ignore: Deno.build.os === "windows",
    fn: async () => {
      await using folder = await TempDir.make("limit");
      const port = freePort();
      const dataDir = folder.join("data");
      const log = folder.join("log");
      const words = [Deno.execPath(), ...argumentsOf(port, dataDir)];
      const script = `ulimit -n ${OPEN_FILES}; exec "$@" > "${log}" 2>&1`;
      const child = spawn("/bin/sh", ["-c", script, "sh", ...words], {
        env: {
          ...inheritedEnvironment(),
          ...testEnvironment({ DENO_JOBS: "2", DATA_DIR: dataDir, PORT: String(port) }),
        },
        stdio: "ignore",
      });
      const ended = Promise.withResolvers<string>();
      child.once("exit", (code, signal) => ended.resolve(`ended with ${signal ?? code}`));
      try {
        const http = new HttpClient(`http://127.0.0.1:${port}`);
        await eventually("it answers", async () => (await http.get("/healthz")).status === 200, {
          within: 60_000,
        });
        using held = await RawWebSocket.open(`ws://127.0.0.1:${port}/ws`);
        assert.equal(held.status, 101);
        const flood: Deno.TcpConn[] = [];
        for (let i = 0; i < SOCKETS; i++) {
          const connection = await connectTo(port);
          if (connection) flood.push(connection);
        }
        await eventually(
          "accepting has failed",
          async () => (await Deno.readTextFile(log)).includes("Accepting connections failed"),
        );
        // Earlier clients continue: the server refuses this one, instead of cutting it off.
        await held.command(1, "ping", {});
        assert.equal(await within("the socket is answered", held.closeCode()), 4001);
        for (const connection of flood) connection.close();
        const after = await eventually("it serves again", () => http.get("/healthz"));
        assert.equal(after.status, 200);
        const { body } = await http.get("/metrics");
        assert.match(body, /^realtimechat_accept_failures_total [1-9]/m);
      } finally {
        if (child.exitCode === null && child.signalCode === null) Deno.kill(child.pid!, "SIGTERM");
        await within("the process ends", ended.promise).catch(async (cause) => {
          Deno.kill(child.pid!, "SIGKILL");
          throw new Error(`It goes on after SIGTERM:\n${await Deno.readTextFile(log)}`, { cause });
        });
      }
      assert.equal(await ended.promise, "ended with 0", await Deno.readTextFile(log));
    },
  });
}
