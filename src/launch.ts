import { resolve } from "node:path";
import * as util from "node:util";
import { type LaunchMode, serverArguments } from "./launcher/server_arguments.ts";
import { runChild } from "./launcher/child_process.ts";
import { effectiveEnvironment } from "./launcher/effective_environment.ts";
import { buildPage, watchPage } from "./launcher/page_build.ts";
import { serverEnvironment } from "./launcher/server_environment.ts";

/**
 * Starts the server with the permissions that it needs, for `deno task dev`, `start`,
 * `start:parallel`, `admin`, `apikey`, `import`, `reseal` and `doctor`. It determines the data
 * folder and the folder of packages, because Deno's flags take neither from `.env`.
 */
const MODES: readonly string[] = [
  "dev",
  "start",
  "parallel",
  "admin",
  "apikey",
  "import",
  "doctor",
  "reseal",
] satisfies LaunchMode[];

/** Modes without arguments: `--port 80` would start a server on another port than was meant. */
const WITHOUT_ARGUMENTS = ["dev", "start", "parallel", "doctor", "reseal"];

/** Exit codes EX_USAGE and EX_CONFIG of sysexits.h. */
const EXIT_USAGE = 64;
const EXIT_CONFIG = 78;

const [mode, ...rest] = Deno.args;
if (!MODES.includes(mode)) {
  console.error(`Cannot launch the server: "${mode}" is none of ${MODES.join(", ")}`);
  Deno.exit(EXIT_USAGE);
}

if (WITHOUT_ARGUMENTS.includes(mode) && rest.length > 0) {
  console.error(
    `Cannot launch the server with "${
      rest.join(" ")
    }": it takes no arguments. Set variables such ` +
      "as PORT and DATA_DIR, or write them to .env; .env.example lists them",
  );
  Deno.exit(EXIT_USAGE);
}

// A Deno without it also lacks what the tasks need, which would fail without a reason.
if (!("parseEnv" in util)) {
  console.error(
    `Cannot launch the server on Deno ${Deno.version.deno}: the tasks need a newer one ` +
      "(`deno upgrade`). With MongoDB, `deno run -A src/main.ts` starts it on this one",
  );
  Deno.exit(EXIT_CONFIG);
}

function npmCache(): string {
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
}

/** The folder of the file to import, with what lies beside it. */
function fileFolder(): string | null {
  const file = rest.find((arg) => !arg.startsWith("--"));
  return mode === "import" && file !== undefined ? resolve(file, "..") : null;
}

const place = { root: Deno.cwd(), npmCache: npmCache(), fileFolder: fileFolder() };
const env = serverEnvironment(Deno.env.toObject());
const args = serverArguments(mode as LaunchMode, await effectiveEnvironment(env), place);
if (mode === "dev" || mode === "start" || mode === "parallel") void buildPage(env);
if (mode === "dev") void watchPage(env);
Deno.exit(await runChild([...args, ...rest], { isWatching: mode === "dev", env }));
