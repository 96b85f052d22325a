import { Conversion } from "./conversion.ts";

export interface ConvertArguments {
  source: string;
  /** Value of `--token`. */
  token: string | null;
}

const EXIT_USAGE = 64;

/**
 * Runs a converter as a command: `<source> [--people <map.json>] [--token <token>]`. The lines go
 * to standard output, what was left out and errors to standard error.
 */
export async function runConverter(
  usage: string,
  convert: (conversion: Conversion, args: ConvertArguments) => Promise<void>,
): Promise<never> {
  try {
    const args = argumentsOf(Deno.args);
    if (args === null) {
      console.error(usage);
      Deno.exit(EXIT_USAGE);
    }
    const conversion = new Conversion(await idsOf(args.people), writeAll);
    await convert(conversion, args);
    for (const line of conversion.leftOut()) console.error(line);
    Deno.exit(0);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    Deno.exit(1);
  }
}

function argumentsOf(
  args: readonly string[],
): ConvertArguments & { people: string | null } | null {
  const sources: string[] = [];
  const named: Record<string, string | null> = { "--people": null, "--token": null };
  for (let at = 0; at < args.length; at++) {
    if (!args[at].startsWith("--")) sources.push(args[at]);
    else if (args[at] in named && at + 1 < args.length) named[args[at]] = args[++at];
    else return null;
  }
  if (sources.length !== 1) return null;
  return { source: sources[0], people: named["--people"], token: named["--token"] };
}

async function idsOf(path: string | null): Promise<ReadonlyMap<string, string>> {
  if (path === null) return new Map();
  const map: unknown = JSON.parse(await Deno.readTextFile(path));
  const entries = typeof map === "object" && map !== null ? Object.entries(map) : [];
  if (entries.length === 0 || entries.some(([, id]) => typeof id !== "string")) {
    throw new Error(`Cannot read ${path}: it must be a JSON object of ids, like {"U123": "17"}`);
  }
  return new Map(entries);
}

function writeAll(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}
