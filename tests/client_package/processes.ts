import assert from "node:assert/strict";

export interface RunOptions {
  cwd: string;
  env?: Record<string, string>;
  /** Milliseconds after which the program is killed; only a failing test waits that long. */
  patienceMs?: number;
}

const PATIENCE_MS = 120_000;
/** For programs that keep the machine busy for a while by themselves. */
export const LONG_PATIENCE_MS = 600_000;

/** Returns the output of a program. Throws with the whole output if it fails. */
export async function run(program: string, args: string[], options: RunOptions): Promise<string> {
  const { code, output } = await tryRun(program, args, options);
  assert.equal(code, 0, `${program} ${args.join(" ")}:\n${output}`);
  return output;
}

/**
 * Runs a program that must fail: returns its exit code, and everything that it printed to both
 * outputs.
 */
export async function tryRun(
  program: string,
  args: string[],
  options: RunOptions,
): Promise<{ code: number; output: string }> {
  const { patienceMs = PATIENCE_MS, cwd } = options;
  const env = { NO_COLOR: "1", ...options.env };
  const stop = new AbortController();
  const { signal } = stop;
  const timer = setTimeout(() => stop.abort(), patienceMs);
  const command = new Deno.Command(program, { cwd, args, env, signal, stdin: "null" });
  const { code, stdout, stderr } = await command.output().finally(() => clearTimeout(timer));
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, output: text(stdout) + text(stderr) };
}

export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
