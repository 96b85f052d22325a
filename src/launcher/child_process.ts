/** `deno run --watch` (2.9) ends late, or never, when it is asked to: see `runChild`. */
const HURRY_MS = 6_000;

export interface ChildOptions {
  /** The child is `deno run --watch`. */
  isWatching: boolean;
  /** All of its environment. */
  env: Record<string, string>;
}

/**
 * Runs `deno` with these arguments and hands on the signals that ask it to stop. Returns its exit code.
 *
 * `deno run --watch` (2.9) does not heed SIGTERM, nor SIGINT once the program that it watches has ended;
 * what is left behind would start the server again at the next change of a file. So it gets SIGINT, and
 * is killed if it is still there after a while.
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
  // Windows has none, and to listen to it there is an error.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", () => stop("SIGTERM"));
  const { code } = await child.status;
  return isStopping && isWatching ? 0 : code;
}
