import { answersHttp, ChildServer } from "./child_server.ts";
import { requireService } from "./services.ts";
import { skipWithout } from "./skip.ts";
import { TempDir } from "./temp_dir.ts";

/** What the server and its clients share, in DENO_KV_ACCESS_TOKEN; at least 12 characters. */
export const DENOKV_ACCESS_TOKEN = "token-of-the-tests";

/**
 * A Deno KV server of the tests' own. `Deno.openKv(server.url)` reads DENO_KV_ACCESS_TOKEN from the
 * environment: a child process is given `server.env`, and a test sets it for itself.
 */
export class DenokvServer implements AsyncDisposable {
  private constructor(
    private readonly server: ChildServer,
    private readonly folder: TempDir,
    readonly url: string,
  ) {}

  /** On a port of its own, or on `port`, to come back where another one was. */
  static async start(port?: number): Promise<DenokvServer> {
    const program = requireService("denokv");
    const folder = await TempDir.make("denokv");
    const spec = (port: number) => ({
      program,
      args: ["--sqlite-path", folder.join("kv.db"), "serve", "--addr", `127.0.0.1:${port}`],
      env: { DENO_KV_ACCESS_TOKEN: DENOKV_ACCESS_TOKEN },
      ready: () => answersHttp(`http://127.0.0.1:${port}/`),
    });
    try {
      const started = port === undefined
        ? await ChildServer.startOnFreePort(spec)
        : { server: await ChildServer.start(spec(port)), port };
      return new DenokvServer(started.server, folder, `http://127.0.0.1:${started.port}`);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** For the environment of a process that shall use this server. */
  get env(): Record<string, string> {
    return { DENO_KV_URL: this.url, DENO_KV_ACCESS_TOKEN: DENOKV_ACCESS_TOKEN };
  }

  get log(): string {
    return this.server.log;
  }

  /** Where it keeps its files. */
  get dataDir(): string {
    return this.folder.path;
  }

  /** Stops answering without dying, as a hung server does, until `resume`. */
  pause(): void {
    Deno.kill(this.server.pid, "SIGSTOP");
  }

  resume(): void {
    Deno.kill(this.server.pid, "SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.server.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

/** One server for all tests of a file; call it at the file's top level. */
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
