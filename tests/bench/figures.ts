import { cpus, release, totalmem } from "node:os";

/** A row of figures. The names are the headings of the report's table, with their units. */
export type Row = Record<string, string | number>;

/** Content of the file that `keepFigures` writes, `figures/<bench>.json`. */
export interface Figures {
  measuredAt: string;
  /** The last commit that changed what is measured: `src`. */
  commit: string;
  machine: { processor: string; cores: number; memoryGb: number; kernel: string };
  versions: Record<string, string>;
  rows: Row[];
}

/**
 * Keeps a bench's rows in `figures/<bench>.json`, with the machine, the versions, the date and the
 * commit. `deno task bench report` writes them as a table between `<!-- figures: bench -->` and
 * `<!-- end -->` in README.md beside this file, if it has these marks, with the names of the first
 * row as its heading: round the numbers, and let rows hold their ratios. Measure with `src`
 * committed. The short form of a bench in a test keeps none.
 */
export async function keepFigures(bench: string, rows: Row[]): Promise<void> {
  const figures: Figures = {
    measuredAt: new Date().toISOString().slice(0, 10),
    commit: (await outputOf("git", "log", "-1", "--format=%h", "--abbrev=10", "src")) ?? "unknown",
    machine: {
      processor: cpus()[0]?.model.trim() ?? "unknown",
      cores: navigator.hardwareConcurrency,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      kernel: release(),
    },
    versions: await versions(),
    rows,
  };
  await Deno.writeTextFile(fileOf(bench), `${JSON.stringify(figures, null, 2)}\n`);
}

/** Returns what `keepFigures` has kept, by bench. */
export async function allFigures(): Promise<Map<string, Figures>> {
  const all = new Map<string, Figures>();
  for await (const { name } of Deno.readDir(new URL("figures", import.meta.url))) {
    const bench = name.replace(".json", "");
    const figures = JSON.parse(await Deno.readTextFile(fileOf(bench)));
    if (Array.isArray(figures.rows)) all.set(bench, figures);
  }
  return all;
}

function fileOf(bench: string): URL {
  return new URL(`figures/${bench}.json`, import.meta.url);
}

/** Of everything that may take part in a bench; what is not installed is left out. */
async function versions(): Promise<Record<string, string>> {
  const all = {
    deno: Deno.version.deno,
    v8: Deno.version.v8,
    node: await outputOf("node", "--version"),
    go: await outputOf("go", "version"),
    secantusd: await outputOf("secantusd-rs", "--version"),
  };
  return Object.fromEntries(
    Object.entries(all).filter((each): each is [string, string] => !!each[1]),
  );
}

async function outputOf(program: string, ...args: string[]): Promise<string | null> {
  try {
    const { success, stdout } = await new Deno.Command(program, { args }).output();
    return success ? new TextDecoder().decode(stdout).trim().split("\n")[0] : null;
  } catch {
    return null;
  }
}
