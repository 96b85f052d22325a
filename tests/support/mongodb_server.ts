import { accepts, ChildServer, type ChildServerSpec } from "./child_server.ts";
import { shimSecantusd } from "./secantusd_shim.ts";
import { requireService } from "./services.ts";
import { skipWithout } from "./skip.ts";
import { TempDir } from "./temp_dir.ts";

shimSecantusd();

/**
 * A dedicated MongoDB-protocol server for the tests, a replica set of one, so that it has
 * transactions.
 */
export class MongodbServer implements AsyncDisposable {
  private constructor(
    private server: ChildServer,
    private readonly folder: TempDir,
    readonly port: number,
    private readonly flags: string[],
  ) {}

  /**
   * With `durable`, acknowledged writes survive `kill`; without, the server is faster. `cacheSize`
   * is the database's own, with its unit.
   */
  static async start({ durable = false, cacheSize = "256M" } = {}): Promise<MongodbServer> {
    const flags = ["--cache-size", cacheSize, ...(durable ? ["--sync-on-commit"] : [])];
    const program = requireService("mongodb");
    const folder = await TempDir.make("mongodb");
    try {
      const { server, port } = await ChildServer.startOnFreePort((port) => {
        return specFor(program, folder, port, flags);
      });
      return new MongodbServer(server, folder, port, flags);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns the connection string of a database, by default of one that is still unused. */
  uri(database = `test_${crypto.randomUUID().replaceAll("-", "")}`): string {
    return `mongodb://127.0.0.1:${this.port}/${database}?directConnection=true`;
  }

  get pid(): number {
    return this.server.pid;
  }

  get log(): string {
    return this.server.log;
  }

  /** The folder of its files. */
  get dataDir(): string {
    return this.folder.path;
  }

  /** Ends the process without warning, as a crash does. */
  async kill(): Promise<void> {
    await this.server.kill("SIGKILL");
  }

  /** Starts again after `kill`, on the same port with the same data. */
  async restart(): Promise<void> {
    await this.server.stop();
    this.server = await ChildServer.start(
      specFor(requireService("mongodb"), this.folder, this.port, this.flags),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.stop();
    await this.folder[Symbol.asyncDispose]();
  }
}

/**
 * Returns one server for all tests of a file; call it at the file's top level. Each test takes a
 * separate database with `uri()`, and has `ignore: mongodb.missing`.
 */
export function sharedMongodb(): { readonly missing: boolean; uri(database?: string): string } {
  const missing = skipWithout("mongodb");
  let server: MongodbServer | undefined;
  if (!missing) {
    Deno.test.beforeAll(async () => {
      server = await MongodbServer.start();
    });
    Deno.test.afterAll(async () => {
      await server?.[Symbol.asyncDispose]();
    });
  }
  return { missing, uri: (database) => server!.uri(database) };
}

function specFor(
  program: string,
  folder: TempDir,
  port: number,
  flags: string[],
): ChildServerSpec {
  return {
    program,
    args: [...argumentsFor(port, folder), ...flags],
    cwd: folder.path,
    ready: () => accepts(port),
  };
}

/** Small logs: many of these servers run side by side. */
function argumentsFor(port: number, folder: TempDir): string[] {
  return [
    ["--host", "127.0.0.1"],
    ["--port", String(port)],
    ["--storage-path", folder.join("db")],
    ["--log-file-max", "16MB"],
    ["--log-level", "WARNING"],
  ].flat();
}
