import { answersHttp, ChildServer } from "../../support/child_server.ts";
import { TempDir } from "../../support/temp_dir.ts";

export interface PeerSpec {
  name: string;
  /** Lays the program out in the folder, and returns its command line. */
  prepare: (folder: TempDir) => Promise<{ program: string; args: string[] }>;
  /** Added to `PORT`, on which the peer has to listen. */
  env?: Record<string, string>;
}

/** Another server, measured beside this project's. */
export class Peer implements AsyncDisposable {
  private constructor(
    private readonly server: ChildServer,
    private readonly folder: TempDir,
    readonly url: string,
  ) {}

  /** Returns null, with the reason printed, where the peer cannot be built or started. */
  static async start({ name, prepare, env }: PeerSpec): Promise<Peer | null> {
    const folder = await TempDir.make("peer");
    try {
      const command = await prepare(folder);
      const { server, port } = await ChildServer.startOnFreePort((port) => ({
        ...command,
        env: { ...env, PORT: String(port) },
        ready: () => answersHttp(`http://127.0.0.1:${port}/`),
      }));
      return new Peer(server, folder, `http://127.0.0.1:${port}`);
    } catch (error) {
      await folder[Symbol.asyncDispose]();
      console.log(`Left out, since it could not be started: ${name}. ${error}`);
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

/** Runs a command to its end, and throws its errors. */
export async function run(program: string, args: string[], cwd: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(program, { args, cwd }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
