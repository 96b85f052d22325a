import { answersHttp, ChildServer, type ChildServerSpec } from "./child_server.ts";
import { requireService } from "./services.ts";
import { skipWithout } from "./skip.ts";
import { TempDir } from "./temp_dir.ts";

/**
 * Access token that the server and its clients share, in DENO_KV_ACCESS_TOKEN; at least 12
 * characters.
 */
export const DENOKV_ACCESS_TOKEN = "token-of-the-tests";

/**
 * A dedicated Deno KV server for the tests. `Deno.openKv(server.url)` reads DENO_KV_ACCESS_TOKEN
 * from the environment: a child process receives `server.env`, and a test sets it for itself.
 */
export class DenokvServer implements AsyncDisposable {
  #killed = false;

  private constructor(
    private server: ChildServer,
    private readonly folder: TempDir,
    private readonly port: number,
  ) {}

  static async start(): Promise<DenokvServer> {
    const program = requireService("denokv");
    const folder = await TempDir.make("denokv");
    try {
      const { server, port } = await ChildServer.startOnFreePort((port) => {
        return specFor(program, folder, port);
      });
      return new DenokvServer(server, folder, port);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Environment of a process that uses this server. */
  get env(): Record<string, string> {
    return { DENO_KV_URL: this.url, DENO_KV_ACCESS_TOKEN: DENOKV_ACCESS_TOKEN };
  }

  get log(): string {
    return this.server.log;
  }

  /** The folder of its files. */
  get dataDir(): string {
    return this.folder.path;
  }

  /** Stops responding without exiting, as a hung server does, until `resume`. */
  pause(): void {
    Deno.kill(this.server.pid, "SIGSTOP");
  }

  resume(): void {
    Deno.kill(this.server.pid, "SIGCONT");
  }

  /** Ends the process without warning, as a crash does. */
  async kill(): Promise<void> {
    this.#killed = true;
    await this.server.kill("SIGKILL");
  }

  /** Starts again after `kill`: on the same port, with its earlier data or with none. */
  async restart({ empty = false } = {}): Promise<void> {
    await this.server.stop();
    if (empty) {
      for await (const { name } of Deno.readDir(this.folder.path)) {
        await Deno.remove(this.folder.join(name), { recursive: true });
      }
    }
    const program = requireService("denokv");
    this.server = await ChildServer.start(specFor(program, this.folder, this.port));
    this.#killed = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#killed) this.resume();
    await this.server.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

function specFor(program: string, folder: TempDir, port: number): ChildServerSpec {
  return {
    program,
    args: ["--sqlite-path", folder.join("kv.db"), "serve", "--addr", `127.0.0.1:${port}`],
    env: { DENO_KV_ACCESS_TOKEN: DENOKV_ACCESS_TOKEN },
    ready: () => answersHttp(`http://127.0.0.1:${port}/`),
  };
}

/** Returns one server for all tests of a file; call it at the file's top level. */
export function sharedDenokv(): { readonly missing: boolean; readonly server: DenokvServer } {
  const missing = skipWithout("denokv");
  let server: DenokvServer | undefined;
  if (!missing) {
    Deno.test.beforeAll(async () => {
      Deno.env.set("DENO_KV_ACCESS_TOKEN", DENOKV_ACCESS_TOKEN);
      server = await DenokvServer.start();
    });
    Deno.test.afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    });
  }
  return {
    missing,
    get server() {
      return server!;
    },
  };
}
