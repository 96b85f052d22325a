/**
 * Runs `deno` with the arguments given, and ends when it does or when it is asked to: for `deno task dev`.
 * `deno run --watch` (2.9) does not heed SIGTERM, nor SIGINT once the program that it watches has ended;
 * what is left behind would start the server again at the next change of a file.
 */
const HURRY_MS = 6_000;

const child = new Deno.Command(Deno.execPath(), { args: Deno.args }).spawn();
let stopping = false;

function stop(): void {
  if (stopping) return;
  stopping = true;
  child.kill("SIGINT");
  setTimeout(() => child.kill("SIGKILL"), HURRY_MS);
}

Deno.addSignalListener("SIGINT", stop);
// Windows has none, and to listen to it there is an error.
if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", stop);

const { code } = await child.status;
Deno.exit(stopping ? 0 : code);
