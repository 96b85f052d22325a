/**
 * Milliseconds before a kill: `deno run --watch` (2.9) ends late or never when it is asked to; see
 * `runChild`.
 */
const HURRY_MS = 6_000;

export interface ChildOptions {
  /** True if the child is `deno run --watch`. */
  isWatching: boolean;
  /** The complete environment of the child. */
  env: Record<string, string>;
}

/**
 * Runs `deno` with these arguments and forwards the signals that ask it to stop. Returns its exit
 * code.
 *
 * `deno run --watch` (2.9) ignores SIGTERM, and ignores SIGINT once the watched program has ended;
 * a process left behind would start the server again at the next change of a file. So it gets
 * SIGINT, and is killed if it is still running after a while.
 */
export async function runChild(args: string[], { isWatching, env }: ChildOptions): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), { args, env, clearEnv: true }).spawn();
  let isStopping = false;
  const stop = (signal: Deno.Signal) => {
    if (isStopping) return;
    isStopping = true;
    child.kill(isWatching ? "SIGINT" : signal);
    if (isWatching) setTimeout(() => child.kill("SIGKILL"), HURRY_MS);
  };
  Deno.addSignalListener("SIGINT", () => stop("SIGINT"));
  // Windows has no SIGTERM, and listening to it is an error there.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => stop("SIGTERM"));
  const { code, signal } = await child.status;
  if (signal !== null && !isStopping) console.error(endedBy(signal));
  return isStopping && isWatching ? 0 : code;
}

/** A process that was killed has written no reason, and the log would only end. */
function endedBy(signal: Deno.Signal): string {
  const hint = signal === "SIGKILL"
    ? "; if nobody killed it, the machine or its container was out of memory (dmesg)"
    : "";
  return `The process ended by ${signal}${hint}`;
}
