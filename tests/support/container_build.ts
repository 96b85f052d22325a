import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TempDir } from "./temp_dir.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Account that owns nothing: `nobody` of Debian. Only root can switch to another account. */
const NOBODY = 65534;

interface Instruction {
  name: string;
  text: string;
}

/** One entry per instruction, with its continuation lines, without comments. */
export function parseContainerfile(file: string): Instruction[] {
  const lines = file.split("\n").filter((line) => !/^\s*(#|$)/.test(line)).join("\n");
  return lines.replaceAll(/\\\n\s*/g, "").trim().split("\n").map((line) => {
    const [, name, text] = /^(\w+)\s+(.*)$/.exec(line)!;
    return { name, text };
  });
}

/**
 * Runs a Containerfile's steps without a container engine: its folders are below a temporary folder
 * of the test, and its `USER` is an account that may not write to the program. Left out is
 * everything that only an engine can show: the base image itself, and the isolation.
 */
export class ContainerBuild implements AsyncDisposable {
  readonly #env: Record<string, string> = {};
  #workdir = "/";
  #healthCheck: string[] = [];
  #command: string[] = [];

  private constructor(private readonly folder: TempDir) {}

  static async run(path: string): Promise<ContainerBuild> {
    const build = new ContainerBuild(await TempDir.make("container"));
    try {
      await build.#prepare();
      for (const each of parseContainerfile(await Deno.readTextFile(join(ROOT, path)))) {
        await build.#step(each);
      }
      await build.#protect();
      return build;
    } catch (error) {
      await build[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The command that the container starts. */
  get command(): string[] {
    return this.#asUser(this.#command);
  }

  get healthCheck(): string[] {
    return this.#asUser(this.#healthCheck);
  }

  get workdir(): string {
    return this.#inside(this.#workdir);
  }

  /** The whole environment; every request to another host fails. */
  get env(): Record<string, string> {
    const nowhere = "http://127.0.0.1:9";
    return {
      PATH: this.#path,
      HOME: this.folder.join("home"),
      ...this.#env,
      HTTP_PROXY: nowhere,
      HTTPS_PROXY: nowhere,
      NO_PROXY: "127.0.0.1,localhost",
    };
  }

  get #path(): string {
    return `${this.folder.join("bin")}:${Deno.env.get("PATH")}`;
  }

  /** The program itself may be in a folder that another account cannot read. */
  async #prepare(): Promise<void> {
    await Deno.mkdir(this.folder.join("bin"));
    await Deno.copyFile(Deno.execPath(), this.folder.join("bin/deno"));
    await Deno.chmod(this.folder.path, 0o755);
  }

  async #step({ name, text }: Instruction): Promise<void> {
    if (name === "WORKDIR") {
      this.#workdir = text;
      await Deno.mkdir(this.#inside(text), { recursive: true });
    } else if (name === "ENV") {
      for (const [, key, value] of text.matchAll(/(\w+)=(\S+)/g)) {
        this.#env[key] = this.#translate(value);
      }
    } else if (name === "COPY") await this.#copy(text.split(/\s+/));
    else if (name === "RUN") await this.#run(text);
    else if (name === "CMD") this.#command = JSON.parse(text);
    else if (name === "HEALTHCHECK") {
      this.#healthCheck = JSON.parse(text.slice(text.indexOf("[")));
    } else if (!["FROM", "USER", "VOLUME", "EXPOSE", "STOPSIGNAL"].includes(name)) {
      throw new Error(`Cannot follow the Containerfile: ${name} is not known here`);
    }
  }

  async #copy(words: string[]): Promise<void> {
    const target = join(this.workdir, words.at(-1)!);
    const sources = words.slice(0, -1).map((source) => join(ROOT, source));
    await this.#execute(["cp", "-R", "--", ...sources, target]);
  }

  /**
   * Runs the step in a shell, as the engine does. The base image's account becomes the current one.
   */
  async #run(text: string): Promise<void> {
    const [uid, gid] = Deno.uid() === 0 ? [NOBODY, NOBODY] : [Deno.uid(), Deno.gid()];
    const line = this.#translate(text).replaceAll("deno:deno", `${uid}:${gid}`);
    await this.#execute(["sh", "-c", line]);
  }

  /** Runs with the environment of the tests: how a registry is reached depends on the machine. */
  async #execute([program, ...args]: string[]): Promise<void> {
    const { success, stderr } = await new Deno.Command(program, {
      args,
      cwd: this.workdir,
      env: { PATH: this.#path, ...this.#env },
    }).output();
    if (!success) throw new Error(`${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  }

  /** In a container root owns the program, and no other account may change it. */
  #protect(): Promise<void> {
    return this.#execute(["chmod", "-R", "a-w,a+rX", this.workdir]);
  }

  #asUser(command: string[]): string[] {
    if (Deno.uid() !== 0) return command;
    return ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", ...command];
  }

  #translate(text: string): string {
    return text.replaceAll(/(?<=^|[\s=])\/[\w-]+/g, (path) => this.#inside(path));
  }

  #inside(path: string): string {
    return join(this.folder.path, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // A file that may not be written may not be deleted either, except by root.
    await new Deno.Command("chmod", { args: ["-R", "u+w", this.folder.path] }).output();
    await this.folder[Symbol.asyncDispose]();
  }
}
