import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { eventually } from "./eventually.ts";
import { freePort } from "./free_port.ts";
import { TempDir } from "./temp_dir.ts";
import { within } from "./within.ts";

export interface ChildServerSpec {
  program: string;
  args: string[];
  /**
   * Environment variables added to the ones of the tests that `inherit` keeps; it keeps all by
   * default.
   */
  env?: Record<string, string>;
  inherit?: (variable: string) => boolean;
  cwd?: string;
  /** Polled until it returns true; it may throw, which means "not yet". */
  ready: () => Promise<boolean>;
  /** Timeout in milliseconds. */
  readyWithin?: number;
}

export interface Exit {
  /** Exit code; null when a signal ended the process. */
  code: number | null;
  signal: string | null;
}

/**
 * A server that runs as a child process for a while. Its output goes to a file, not to a pipe: so
 * the server can outlive one test without a pending read, and never waits for a reader.
 */
export class ChildServer implements AsyncDisposable {
  /** Settles when the process has ended, for any reason. */
  readonly exited: Promise<Exit>;
  #exit: Exit | null = null;

  private constructor(private readonly child: ChildProcess, private readonly folder: TempDir) {
    const { promise, resolve, reject } = Promise.withResolvers<Exit>();
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(this.#exit = { code, signal }));
    this.exited = promise;
    promise.catch(() => {});
  }

  /** Throws with the server's output when it ends, or does not respond, before its deadline. */
  static async start(spec: ChildServerSpec): Promise<ChildServer> {
    const folder = await TempDir.make("log");
    const server = new ChildServer(spawnLogged(spec, folder.join("log")), folder);
    try {
      await server.#answers(spec);
      return server;
    } catch (error) {
      const reason = `${spec.program} did not start: ${(error as Error).message}\n${server.log}`;
      await server.stop();
      throw new Error(reason, { cause: error });
    }
  }

  /**
   * For servers that need their port as an argument: tries another port when the first one was
   * taken meanwhile.
   */
  static async startOnFreePort(
    spec: (port: number) => ChildServerSpec,
  ): Promise<{ server: ChildServer; port: number }> {
    for (let attempt = 1;; attempt++) {
      const port = freePort();
      try {
        return { server: await ChildServer.start(spec(port)), port };
      } catch (error) {
        const taken = /address.*in use/i.test((error as Error).message);
        if (!taken || attempt === 3) throw error;
      }
    }
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Output so far, of standard output and standard error. */
  get log(): string {
    return Deno.readTextFileSync(this.folder.join("log"));
  }

  /**
   * Sends a signal and waits until the process has ended. Does not use `child.kill`: after it, Deno
   * reports an orderly exit as a death by that signal.
   */
  async kill(signal: Deno.Signal = "SIGTERM"): Promise<Exit> {
    this.#signal(signal);
    return await within(`process ${this.child.pid} ends`, this.exited, 60_000);
  }

  /** Asks the process to end, and kills it after ten seconds. */
  async stop(): Promise<void> {
    const timer = setTimeout(() => this.#signal("SIGKILL"), 10_000);
    await this.kill().catch(() => {});
    clearTimeout(timer);
    await this.folder[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #signal(signal: Deno.Signal): void {
    if (!this.#exit && this.child.pid !== undefined) Deno.kill(this.child.pid, signal);
  }

  async #answers({ ready, readyWithin = 30_000 }: ChildServerSpec): Promise<void> {
    let gone = false;
    const ended = this.exited.then((exit) => {
      gone = true;
      throw new Error(`it ended with ${exit.signal ?? `code ${exit.code}`}`);
    }, (error) => {
      gone = true;
      throw error;
    });
    const answering = eventually("it answers", () => gone || ready(), { within: readyWithin });
    // The look under way ends too, so that no timer is left.
    await Promise.race([ended, answering]).finally(() => gone && answering.catch(() => {}));
    if (gone) await ended;
    ended.catch(() => {});
  }
}

function spawnLogged(spec: ChildServerSpec, logPath: string): ChildProcess {
  const { program, args, cwd, inherit = () => true } = spec;
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => inherit(name));
  const env = { ...Object.fromEntries(inherited), ...spec.env };
  const log = openSync(logPath, "w");
  try {
    return spawn(program, args, { cwd, env, stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

/** Returns true if a server listens on the port. */
export async function accepts(port: number): Promise<boolean> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.close();
  return true;
}

/** Returns true if the server responds to HTTP at all, with any status. */
export async function answersHttp(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return true;
}
