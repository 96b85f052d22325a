import { fileURLToPath } from "node:url";
import type { TempDir } from "../../support/temp_dir.ts";
import { Peer, run } from "./peer.ts";

const SOURCES = fileURLToPath(new URL("node", import.meta.url));

/** npm `socket.io` on Node, which only broadcasts. */
export function startSocketIo(): Promise<Peer | null> {
  return start("socketio.mjs", {});
}

/** Express and Socket.IO on Node, which insert each message into MongoDB and then broadcast it. */
export function startExpress(mongodbUri: string): Promise<Peer | null> {
  return start("express.mjs", { MONGODB_URI: mongodbUri });
}

function start(script: string, env: Record<string, string>): Promise<Peer | null> {
  return Peer.start({
    name: `${script} on Node`,
    prepare: async (folder) => {
      await install(folder);
      return { program: "node", args: [folder.join(script)] };
    },
    env: { NODE_ENV: "production", ...env },
  });
}

/** Node does not read Deno's package cache; but `deno install` creates a `node_modules` for it. */
async function install(folder: TempDir): Promise<void> {
  for await (const { name } of Deno.readDir(SOURCES)) {
    await Deno.copyFile(`${SOURCES}/${name}`, folder.join(name));
  }
  await run(Deno.execPath(), ["install", "--quiet", "--frozen"], folder.path);
}
