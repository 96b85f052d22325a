import { join } from "node:path";
import { type ExecutedLines, readLcov } from "./executed_lines.ts";
import { type Mistake, withMistake } from "./mistakes.ts";

export interface TestRun {
  /** `late` if the tests did not end in time. */
  outcome: "passed" | "failed" | "late";
  ms: number;
  /** Name of the first test that failed. */
  failure: string;
}

/** Longest time of one test file without a mistake, in milliseconds. */
const LONGEST_MS = 180_000;

/** As `deno task test` runs tests: those that leave a timer, a socket or a file behind fail too. */
const AS_IN_TASK = [
  "-q",
  "-A",
  "--no-check",
  "--config=tests/deno.json",
  "--preload=tests/tools/test_bounds.ts",
];

/** Files left out of a copy: history, a developer's own data, and what is generated. */
const LEFT_OUT = new Set([".git", ".env", "data", "coverage", "node_modules", "dist"]);

/**
 * A copy of the project in which mistakes are made: the developer's own files are never touched,
 * whenever the command is ended.
 */
export class ProjectCopy implements AsyncDisposable {
  private constructor(private readonly folder: string) {}

  static async open(root: string): Promise<ProjectCopy> {
    const folder = await Deno.makeTempDir({ prefix: "realtimechat_mutate_" });
    for await (const { name } of Deno.readDir(root)) {
      if (!LEFT_OUT.has(name)) await copy(join(root, name), join(folder, name));
    }
    return new ProjectCopy(folder);
  }

  /** Runs a test file as the sources are, and notes which of their lines ran. */
  async measure(test: string): Promise<TestRun & { executed: ExecutedLines }> {
    const coverage = await Deno.makeTempDir({ prefix: "realtimechat_coverage_" });
    try {
      const options = [`--coverage=${coverage}`, "--coverage-raw-data-only"];
      const run = await this.#test([...options, test], LONGEST_MS, { DENO_COVERAGE_DIR: coverage });
      const filter = `--include=${join(this.folder, "src")}/`;
      const { stdout } = await deno(["coverage", "--lcov", filter, coverage], this.folder);
      return { ...run, executed: readLcov(stdout, this.folder) };
    } finally {
      await Deno.remove(coverage, { recursive: true });
    }
  }

  /** Runs `work` while the mistake is in the file. */
  async withMistake<T>(file: string, mistake: Mistake, work: () => Promise<T>): Promise<T> {
    const path = join(this.folder, file);
    const source = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, withMistake(source, mistake));
    try {
      return await work();
    } finally {
      await Deno.writeTextFile(path, source);
    }
  }

  /** Runs the tests until the first failure. */
  async run(tests: string[], longestMs: number): Promise<TestRun> {
    return await this.#test(["--fail-fast", ...tests], longestMs);
  }

  /** True if the file, and what it imports, passes the type checker. */
  async hasTypes(file: string): Promise<boolean> {
    return (await deno(["check", "-q", "--config", "tests/deno.json", file], this.folder)).success;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }

  async #test(args: string[], longestMs: number, env = {}): Promise<TestRun> {
    const late = new AbortController();
    // Not AbortSignal.timeout: it would keep the command running after its last mistake.
    const timer = setTimeout(() => late.abort(), longestMs);
    const start = performance.now();
    const options = { signal: late.signal, env };
    const { success, stdout } = await deno(["test", ...AS_IN_TASK, ...args], this.folder, options)
      .finally(() => clearTimeout(timer));
    const outcome = success ? "passed" : late.signal.aborted ? "late" : "failed";
    const failure = /^(.+) \.\.\. FAILED/m.exec(stdout)?.[1] ?? "the file itself";
    return { outcome, ms: Math.round(performance.now() - start), failure };
  }
}

/**
 * Runs Deno in a separate process group, which ends with it: tests that are ended leave the
 * servers that they started.
 */
async function deno(
  args: string[],
  cwd: string,
  options: { signal?: AbortSignal; env?: Record<string, string> } = {},
): Promise<{ success: boolean; stdout: string }> {
  const env = { ...options.env, NO_COLOR: "1" };
  const child = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env,
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const end = () => endGroup(child.pid);
  const interrupt = () => {
    end();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupt);
  options.signal?.addEventListener("abort", end);
  try {
    const { success, stdout } = await child.output();
    return { success, stdout: new TextDecoder().decode(stdout) };
  } finally {
    end();
    Deno.removeSignalListener("SIGINT", interrupt);
  }
}

function endGroup(pid: number): void {
  try {
    Deno.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}

async function copy(from: string, to: string): Promise<void> {
  if ((await Deno.stat(from)).isFile) return await Deno.copyFile(from, to);
  await Deno.mkdir(to, { recursive: true });
  for await (const { name } of Deno.readDir(from)) await copy(join(from, name), join(to, name));
}
