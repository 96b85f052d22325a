import { fileURLToPath } from "node:url";
import { answersHttp, ChildServer } from "../support/child_server.ts";
import { TempDir } from "../support/temp_dir.ts";
import denoJson from "../../deno.json" with { type: "json" };

const SCRIPT = fileURLToPath(new URL("./socketio_on_node.mjs", import.meta.url));
const LOCK = fileURLToPath(new URL("../../deno.lock", import.meta.url));

/** `socket.io` on Node, in the version that this project uses. */
export class NodeSocketIo implements AsyncDisposable {
  private constructor(
    private readonly server: ChildServer,
    private readonly folder: TempDir,
    readonly url: string,
  ) {}

  /**
   * Node does not read Deno's package cache; but `deno install` creates a `node_modules` for it in
   * a temporary folder. Returns null, with the reason printed, where Node is missing.
   */
  static async start(): Promise<NodeSocketIo | null> {
    const folder = await TempDir.make("node");
    try {
      await layOut(folder);
      const { server, port } = await ChildServer.startOnFreePort((port) => ({
        program: "node",
        args: [folder.join("server.mjs")],
        env: { PORT: String(port) },
        ready: () => answersHttp(`http://127.0.0.1:${port}/`),
      }));
      return new NodeSocketIo(server, folder, `http://127.0.0.1:${port}`);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      console.log(`Left out, since it could not be started: socket.io on Node. ${error}`);
      return null;
    }
  }

  get pid(): number {
    return this.server.pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

async function layOut(folder: TempDir): Promise<void> {
  const imports = { "socket.io": denoJson.imports["socket.io"] };
  await Deno.writeTextFile(
    folder.join("deno.json"),
    JSON.stringify({ nodeModulesDir: "auto", imports }),
  );
  await Deno.copyFile(LOCK, folder.join("deno.lock"));
  await Deno.copyFile(SCRIPT, folder.join("server.mjs"));
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["install", "--quiet"],
    cwd: folder.path,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
