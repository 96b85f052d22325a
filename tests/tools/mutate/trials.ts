import { join } from "node:path";
import { type Mistake, withMistake } from "./mistakes.ts";

/** Result of one mistake; `late` if the tests did not end in time, which a person would notice. */
export type Outcome = "noticed" | "survived" | "late";

/** Milliseconds for the tests of one mistake; one that makes a test wait for ever ends here. */
const LONGEST_MS = 120_000;

/**
 * A copy of the project in which mistakes are made: the developer's own files are never touched,
 * whenever the command is ended.
 */
export class Trials implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async open(root: string): Promise<Trials> {
    const folder = await Deno.makeTempDir({ prefix: "realtimechat_mutate_" });
    for (const name of ["src", "tests", "deno.json", "deno.lock", "README.md", ".env.example"]) {
      await copy(join(root, name), join(folder, name));
    }
    return new Trials(folder);
  }

  /** Runs the tests as the sources are: a mistake says nothing if they fail without it. */
  async passes(tests: string[]): Promise<boolean> {
    return await this.#run(tests) === "survived";
  }

  async try(file: string, mistake: Mistake, tests: string[]): Promise<Outcome> {
    const path = join(this.folder, file);
    const source = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, withMistake(source, mistake));
    try {
      return await this.#run(tests);
    } finally {
      await Deno.writeTextFile(path, source);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  async #run(tests: string[]): Promise<Outcome> {
    const signal = AbortSignal.timeout(LONGEST_MS);
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["test", "-A", "--no-check", "--fail-fast", "--config", "tests/deno.json", ...tests],
      cwd: this.folder,
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal,
    }).output();
    return success ? "survived" : signal.aborted ? "late" : "noticed";
  }
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}
