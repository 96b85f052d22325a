/** Folders under `src` that the page is built from. */
const WATCHED = ["src/client", "src/core", "src/model", "src/web"];
/**
 * Milliseconds without a further change after which the page is built: an editor writes several
 * files.
 */
const DEBOUNCE_MS = 300;

const ARGUMENTS = [
  "run",
  "--quiet",
  "--allow-read",
  "--allow-write=dist",
  "--allow-run",
  "src/web/build/main.ts",
];

/**
 * Builds the page in a separate process while the server starts, because the server itself may
 * start no process. It takes a fraction of a second if the page is built already. A page that
 * cannot be built (no network for Deno's bundler at the first start, a read-only folder) is
 * reported; everything else works without it.
 */
export async function buildPage(env: Record<string, string>): Promise<void> {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ARGUMENTS,
    env,
    clearEnv: true,
    stdout: "null",
    stderr: "piped",
  }).output();
  if (code === 0) return;
  const reason = new TextDecoder().decode(stderr).trim();
  console.error(`Cannot build the page: the builder ended with ${code}\n${reason}`);
}

/** Builds the page again after each change of its source. */
export async function watchPage(env: Record<string, string>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let building = Promise.resolve();
  for await (const { kind } of Deno.watchFs(WATCHED)) {
    if (kind === "access") continue;
    clearTimeout(timer);
    timer = setTimeout(() => building = building.then(() => buildPage(env)), DEBOUNCE_MS);
  }
}
