import { resolve } from "node:path";

/** Exit code EX_CONFIG of sysexits.h. */
const EXIT_CONFIG = 78;

const PRINT = "console.log(JSON.stringify(Deno.env.toObject()))";

/**
 * Returns the environment as the server will have it: the process's variables, and those of `.env`
 * where the process has none. Deno itself reads the file, as it does for the server: another reader
 * would take `$HOME/chat`, or a variable that stands twice, for something else, and the server
 * would get permissions for another folder than the one it uses.
 */
export async function effectiveEnvironment(
  own: Readonly<Record<string, string>>,
  folder = Deno.cwd(),
): Promise<Readonly<Record<string, string>>> {
  if (!isThere(resolve(folder, ".env"))) return own;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--no-config", "--no-lock", "--env-file", PRINT],
    cwd: folder,
    env: own,
    clearEnv: true,
  }).output();
  if (code !== 0) giveUp(new TextDecoder().decode(stderr).trim());
  return JSON.parse(new TextDecoder().decode(stdout));
}

function isThere(file: string): boolean {
  try {
    Deno.readTextFileSync(file);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    return giveUp(error instanceof Error ? error.message : String(error));
  }
}

function giveUp(reason: string): never {
  console.error(`Cannot read .env: ${reason}; it must be a file that this account may read`);
  Deno.exit(EXIT_CONFIG);
}
