import { join } from "node:path";
import type { ExecutedLines } from "./executed_lines.ts";
import type { ProjectCopy } from "./project_copy.ts";

/** Result of one run of a test file without a mistake. */
interface Known {
  /** Digest of the test file: a changed one is run again. */
  digest: string;
  passes: boolean;
  ms: number;
  /** By source: its digest then, and the lines that ran. */
  executed: Record<string, { digest: string; lines: number[] }>;
}

/**
 * Remembers which lines each test file runs and how long it takes, across runs of the command, in a
 * folder with one file for each test. A test is run for it when it is first asked about.
 */
export class KnownTests {
  readonly #known = new Map<string, Promise<Known>>();

  /** Number of tests that were run to learn which lines they run. */
  learned = 0;

  constructor(private readonly root: string, private readonly folder: string) {}

  /** True if no run of the test is needed to know its lines. */
  async has(test: string): Promise<boolean> {
    return this.#known.has(test) || await this.#stored(test) !== null;
  }

  /**
   * Returns how long the test takes in milliseconds; null if it does not run the line, or fails
   * without a mistake. If the source has changed since, the test is taken to run each of its lines.
   */
  async costOf(
    test: string,
    source: { file: string; line: number },
    copy: ProjectCopy,
  ): Promise<number | null> {
    const { passes, ms, executed } = await this.#of(test, copy);
    const of = executed[source.file];
    if (!passes || !of) return null;
    const isSame = of.digest === await digestOf(join(this.root, source.file));
    return !isSame || of.lines.includes(source.line) ? ms : null;
  }

  #of(test: string, copy: ProjectCopy): Promise<Known> {
    const known = this.#known.get(test) ?? this.#read(test, copy);
    this.#known.set(test, known);
    return known;
  }

  async #read(test: string, copy: ProjectCopy): Promise<Known> {
    const stored = await this.#stored(test);
    if (stored) return stored;
    this.learned++;
    const digest = await digestOf(join(this.root, test));
    const { outcome, ms, executed } = await copy.measure(test);
    const known = {
      digest,
      passes: outcome === "passed",
      ms,
      executed: await this.#kept(executed),
    };
    // A test that failed may have done so because the machine was busy: the next run tries again.
    if (!known.passes) return known;
    await Deno.mkdir(this.folder, { recursive: true });
    await Deno.writeTextFile(this.#pathOf(test), JSON.stringify(known));
    return known;
  }

  /** Returns what an earlier run learned; null if there was none, or the test has changed since. */
  async #stored(test: string): Promise<Known | null> {
    const stored = await Deno.readTextFile(this.#pathOf(test))
      .then((text) => JSON.parse(text) as Known).catch(() => null);
    const isSame = stored?.digest === await digestOf(join(this.root, test));
    return isSame && stored?.passes ? stored : null;
  }

  #pathOf(test: string): string {
    return join(this.folder, `${test.replaceAll("/", "_")}.json`);
  }

  async #kept(executed: ExecutedLines): Promise<Known["executed"]> {
    const kept: Known["executed"] = {};
    for (const [file, lines] of executed) {
      kept[file] = { digest: await digestOf(join(this.root, file)), lines: [...lines] };
    }
    return kept;
  }
}

async function digestOf(path: string): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return new Uint8Array(hash).toHex().slice(0, 16);
}
