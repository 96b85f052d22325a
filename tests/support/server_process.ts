import { fileURLToPath } from "node:url";
import {
  type LaunchEnvironment,
  type LaunchMode,
  serverArguments,
} from "../../src/launcher/server_arguments.ts";
import { answersHttp, ChildServer, type Exit } from "./child_server.ts";
import { TempDir } from "./temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * Variables that a program needs to run at all, and the one by which it reports the lines that ran:
 * a developer's configuration stays out of the tests.
 */
const INHERITED =
  /^(PATH|HOME|USERPROFILE|SYSTEMROOT|TE?MP|TMPDIR|DENO_(COVERAGE_)?DIR|XDG_.*|NO_COLOR|.*_proxy)$/i;

/** Returns those variables of the tests' environment. */
export function inheritedEnvironment(): Record<string, string> {
  const all = Object.entries(Deno.env.toObject());
  return Object.fromEntries(all.filter(([name]) => INHERITED.test(name)));
}

export interface ServerProcessOptions {
  /** The server's complete configuration; PORT and DATA_DIR are chosen when missing. */
  env?: Record<string, string>;
  /** Script path, relative to the project. */
  script?: string;
  /** The folder of another release, with its own `src`. */
  root?: string;
  /**
   * Another Deno than the tests' one, which runs the script with all permissions and no other flag.
   */
  deno?: string;
}

/**
 * The real program as a child process, with exactly the permissions that `deno task start` grants,
 * so that a missing one fails the tests.
 */
export class ServerProcess implements AsyncDisposable {
  #ended: Promise<void> | undefined;

  private constructor(
    private readonly server: ChildServer,
    private readonly folder: TempDir,
    /** URL without a slash at its end. */
    readonly url: string,
    readonly dataDir: string,
  ) {}

  /** A configured DATA_DIR survives the process, so that the next process finds its data. */
  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const folder = await TempDir.make("server");
    const dataDir = options.env?.DATA_DIR ?? folder.join("data");
    const spec = (port: number) => ({
      program: options.deno ?? Deno.execPath(),
      args: options.deno
        ? ["run", "-A", options.script ?? "src/main.ts"]
        : startArguments(dataDir, options.script, options.env, options.root),
      env: { ...options.env, PORT: String(port), DATA_DIR: dataDir },
      inherit: (name: string) => INHERITED.test(name),
      cwd: options.root ?? ROOT,
      ready: () => answersHttp(`http://127.0.0.1:${port}/healthz`),
      readyWithin: 60_000,
    });
    try {
      const started = options.env?.PORT === undefined
        ? await ChildServer.startOnFreePort(spec)
        : await startOn(Number(options.env.PORT), spec);
      const url = `http://127.0.0.1:${started.port}`;
      return new ServerProcess(started.server, folder, url, dataDir);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      throw error;
    }
  }

  get pid(): number {
    return this.server.pid;
  }

  get log(): string {
    return this.server.log;
  }

  get webSocketUrl(): string {
    return `${this.url.replace("http", "ws")}/ws`;
  }

  get exited(): Promise<Exit> {
    return this.server.exited;
  }

  /** Sends the signal and waits until the process has ended. */
  kill(signal: Deno.Signal = "SIGTERM"): Promise<Exit> {
    return this.server.kill(signal);
  }

  /** May be repeated: a test that restarts its server ends the last one whatever has failed. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#ended ??= this.server.stop().then(() => this.folder[Symbol.asyncDispose]());
  }
}

async function startOn(port: number, spec: Parameters<typeof ChildServer.startOnFreePort>[0]) {
  return { server: await ChildServer.start(spec(port)), port };
}

/**
 * Returns the command of the `start` task without --env-file: a developer's .env must not affect
 * the tests.
 */
export function startArguments(
  dataDir: string,
  script = "src/main.ts",
  { FIREBASE_SERVICE_ACCOUNT }: LaunchEnvironment = {},
  root = ROOT,
): string[] {
  const words = launchArguments("start", { DATA_DIR: dataDir, FIREBASE_SERVICE_ACCOUNT }, root);
  return [...words.slice(0, -1), script];
}

/** Returns the command that the launcher runs for a task, without --env-file. */
export function launchArguments(
  mode: LaunchMode,
  environment: LaunchEnvironment,
  root = ROOT,
): string[] {
  const place = { root, npmCache: npmCache() };
  return serverArguments(mode, environment, place).filter((word) => word !== "--env-file");
}

/** The folder where Deno keeps packages, as the task's Deno asks for it too. */
function npmCache(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}
