import { fileURLToPath } from "node:url";
import { TempDir } from "../support/temp_dir.ts";

/** A fenced block of a Markdown file right after `<!-- example: name -->`. */
export interface ReadmeExample {
  name: string;
  /** The fence's first word: `sh`, `ts` … */
  language: string;
  code: string;
  /** Line of the fence, counted from 1. */
  line: number;
}

export interface ExampleRun {
  code: number;
  stdout: string;
  stderr: string;
}

/** Configuration that lets examples import the project's packages by their bare names. */
const CONFIG = fileURLToPath(new URL("../../deno.json", import.meta.url));

const MARKER = /^<!--\s*example:\s*(\S+)\s*-->\s*$/;
const FENCE = /^(`{3,})(\w*)/;

/**
 * Returns the marked examples in the order of the document. A marker without its fence, a fence
 * that does not end and a repeated name are errors: an example must not drop out of the tests
 * unnoticed.
 */
export function readmeExamples(markdown: string): ReadmeExample[] {
  const lines = markdown.split(/\r?\n/);
  const examples: ReadmeExample[] = [];
  for (const [at, line] of lines.entries()) {
    const name = MARKER.exec(line)?.[1];
    if (name === undefined) continue;
    if (examples.some((example) => example.name === name)) {
      throw new Error(`Cannot read examples: there are two named "${name}" (line ${at + 1})`);
    }
    examples.push(fencedAfter(lines, at, name));
  }
  return examples;
}

function fencedAfter(lines: string[], marker: number, name: string): ReadmeExample {
  const start = lines.findIndex((line, at) => at > marker && line.trim() !== "");
  const [, fence, language] = FENCE.exec(lines[start] ?? "") ?? [];
  if (!fence) throw new Error(`Cannot read examples: no fenced block follows "${name}"`);
  const end = lines.findIndex((line, at) => at > start && line.trimEnd() === fence);
  if (end === -1) throw new Error(`Cannot read examples: the block of "${name}" does not end`);
  return { name, language, code: lines.slice(start + 1, end).join("\n"), line: start + 1 };
}

/** Replaces the address in the document with that of a test's server. */
export function at(example: ReadmeExample, url: string, documented = "http://localhost:5000") {
  const host = (address: string) => address.replace(/^\w+:\/\//, "");
  return { ...example, code: example.code.replaceAll(host(documented), host(url)) };
}

export interface RunOptions {
  cwd?: string;
  env?: Record<string, string>;
  /** Timeout in milliseconds, after which the example is killed. */
  within?: number;
}

/**
 * Runs examples in a row: shell ones in one shell, so that a variable of one exists in the next,
 * and stopping at the first command that fails; TypeScript ones by `deno run`.
 */
export async function runExamples(
  examples: ReadmeExample[],
  options: RunOptions = {},
): Promise<ExampleRun> {
  const languages = new Set(examples.map(({ language }) => language));
  const code = examples.map((example) => example.code).join("\n");
  if (isAll(languages, ["sh", "bash", "shell"])) {
    return await run("bash", ["-euo", "pipefail", "-c", code], options);
  }
  if (!isAll(languages, ["ts", "typescript", "js"])) {
    throw new Error(`Cannot run the examples: ${[...languages].join(" with ")} together`);
  }
  await using folder = await TempDir.make("example");
  const file = folder.join("example.ts");
  await Deno.writeTextFile(file, code);
  return await run(Deno.execPath(), [
    "run",
    "--quiet",
    "--no-check",
    "-A",
    "--config",
    CONFIG,
    file,
  ], options);
}

function isAll(languages: Set<string>, of: string[]): boolean {
  return languages.size > 0 && languages.isSubsetOf(new Set(of));
}

async function run(program: string, args: string[], options: RunOptions): Promise<ExampleRun> {
  const { cwd, env, within = 60_000 } = options;
  const signal = AbortSignal.timeout(within);
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd, env, signal })
    .output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}
