import type { KnownTests } from "./known_tests.ts";
import type { Mistake } from "./mistakes.ts";
import type { NearestTests } from "./nearest_tests.ts";
import type { ProjectCopy } from "./project_copy.ts";

export interface Place {
  file: string;
  mistake: Mistake;
}

export interface Verdict extends Place {
  outcome: "noticed" | "survived";
  /** The test that noticed, or how many did not. */
  by: string;
}

export interface HuntOptions {
  nearest: NearestTests;
  known: KnownTests;
  /** Longest time of all tests of one mistake, by what they take without it, in milliseconds. */
  budgetMs: number;
  /** Most tests that are run for one mistake only to learn which lines they run. */
  learn: number;
  /** `performance.now()` at which the search ends without a verdict. */
  end: number;
}

/** Tests of one go, the nearest first. */
const GOES = [2, 8, 40, Infinity];

/**
 * Tests with a mistake may take this many times longer, and a minute more, before they are late.
 */
const PATIENCE = 5;
const PATIENCE_MS = 60_000;

/**
 * Looks for a test that notices a mistake: among the nearest tests that run its line, then by the
 * type checker, then among all others that run it, as far as the time goes.
 */
export class Hunt {
  constructor(private readonly options: HuntOptions) {}

  /** Returns null if the time ended before. */
  async verdictOn(place: Place, copy: ProjectCopy): Promise<Verdict | null> {
    const { file, mistake } = place;
    const candidates = this.options.nearest.of(file);
    const mostLearned = this.options.known.learned + this.options.learn;
    let tried = 0, left = this.options.budgetMs;
    for (const size of GOES) {
      const go = await this.#nextOf(candidates, { size, left, mostLearned }, place, copy);
      if (!go) return null;
      const { tests, expected } = within(left, go);
      left -= expected;
      tried += tests.length;
      const by = await copy.withMistake(file, mistake, async () => {
        const noticed = await noticedBy(tests, expected, copy);
        if (noticed || size !== GOES[0]) return noticed;
        return await copy.hasTypes(file) ? null : "types";
      });
      if (by) return { ...place, outcome: "noticed", by };
    }
    const by = tried === 0 ? "no test runs the line" : `${tried} tests run the line`;
    return { ...place, outcome: "survived", by };
  }

  /**
   * Takes the next `size` tests that run the line, or as many as fit in the time that is `left`,
   * with their costs; null if the whole time is over.
   */
  async #nextOf(
    candidates: string[],
    { size, left, mostLearned }: { size: number; left: number; mostLearned: number },
    { file, mistake: { line } }: Place,
    copy: ProjectCopy,
  ): Promise<Map<string, number> | null> {
    const found = new Map<string, number>();
    while (candidates.length > 0 && found.size < size && left > 0) {
      if (performance.now() > this.options.end) return null;
      const test = candidates.shift()!;
      const { known } = this.options;
      if (known.learned >= mostLearned && !await known.has(test)) continue;
      const cost = await known.costOf(test, { file, line }, copy);
      if (cost === null) continue;
      found.set(test, cost);
      left -= cost;
    }
    return found;
  }
}

/** Returns the tests that fit in the time, the cheapest first. */
function within(left: number, costs: Map<string, number>): { tests: string[]; expected: number } {
  const tests: string[] = [];
  let expected = 0;
  for (const [test, cost] of [...costs].sort(([, a], [, b]) => a - b)) {
    if (expected + cost > left) break;
    tests.push(test);
    expected += cost;
  }
  return { tests, expected };
}

/** A failure counts if the tests fail twice: one that fails now and then notices nothing. */
async function noticedBy(
  tests: string[],
  expected: number,
  copy: ProjectCopy,
): Promise<string | null> {
  if (tests.length === 0) return null;
  const run = () => copy.run(tests, PATIENCE * expected + PATIENCE_MS);
  if ((await run()).outcome === "passed") return null;
  const { outcome, failure } = await run();
  if (outcome === "passed") return null;
  return outcome === "late" ? "a test that did not end" : failure;
}
