import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { ChildServer } from "../support/child_server.ts";
import { eventually } from "../support/eventually.ts";
import { inheritedEnvironment } from "../support/server_process.ts";
import { TempDir } from "../support/temp_dir.ts";

const LAUNCHER = fileURLToPath(new URL("../../src/launch.ts", import.meta.url));

/** A program of a few lines in place of the server: the launcher starts what lies in its folder. */
export class Program implements AsyncDisposable {
  private constructor(private readonly folder: TempDir) {}

  static async of(files: Record<string, string>): Promise<Program> {
    const program = new Program(await TempDir.make("launcher"));
    for (const folder of ["client", "core", "model", "web"]) {
      await Deno.mkdir(program.path("src", folder), { recursive: true });
    }
    for (const [name, text] of Object.entries(files)) await program.write(name, text);
    return program;
  }

  path(...parts: string[]): string {
    return this.folder.join(...parts);
  }

  async write(name: string, text: string): Promise<void> {
    await Deno.mkdir(dirname(this.path(name)), { recursive: true });
    await Deno.writeTextFile(this.path(name), text);
  }

  /** Runs the launcher until it ends. */
  async run(args: string[], env: Record<string, string> = {}) {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", LAUNCHER, ...args],
      env: { ...inheritedEnvironment(), ...env },
      clearEnv: true,
      cwd: this.folder.path,
    }).output();
    const [out, err] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
    return { code, out, err };
  }

  /** Runs the launcher until it is asked to stop; resolves once its output matches. */
  async start(mode: string, ready: RegExp): Promise<ChildServer> {
    const server = await ChildServer.start({
      program: Deno.execPath(),
      args: ["run", "-A", "--quiet", LAUNCHER, mode],
      inherit: (name) => name in inheritedEnvironment(),
      cwd: this.folder.path,
      ready: () => Promise.resolve(true),
    });
    try {
      await eventually(`its output matches ${ready}`, () => ready.test(server.log));
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.folder[Symbol.asyncDispose]();
  }
}
