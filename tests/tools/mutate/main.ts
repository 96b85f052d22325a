import { parseArgs } from "node:util";
import { relative, resolve } from "node:path";
import { type Mistake, mistakesIn } from "./mistakes.ts";
import { NearestTests, sourcesBelow } from "./nearest_tests.ts";
import { type Outcome, Trials } from "./trials.ts";

/**
 * `deno task mutate [--minutes 10] [--tests 6] [--seed 1] path …`: makes small mistakes in the given
 * files, one at a time, runs the tests nearest to each, and prints the mistakes that none noticed.
 * Not every survivor is a missing test: a second guard may stand behind what was removed.
 */

interface Trial {
  file: string;
  mistake: Mistake;
}

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    minutes: { type: "string", default: "10" },
    tests: { type: "string", default: "6" },
    seed: { type: "string", default: String(Date.now() % 100_000) },
  },
});
if (positionals.length === 0) {
  console.error("Name the files or folders to make mistakes in: deno task mutate src/chats");
  Deno.exit(2);
}

const root = Deno.cwd();
const nearest = await NearestTests.read(root);
const trials = shuffled(await trialsIn(positionals), Number(values.seed));
console.log(`${trials.length} mistakes can be made, in an order of seed ${values.seed}`);
const survivors = await runAll(trials, performance.now() + Number(values.minutes) * 60_000);
for (const line of survivors) console.log(line);

async function trialsIn(paths: string[]): Promise<Trial[]> {
  const found: Trial[] = [];
  for (const path of paths) {
    for await (const each of sourcesBelow(resolve(root, path))) {
      const file = relative(root, each);
      const mistakes = mistakesIn(await Deno.readTextFile(each), file);
      found.push(...mistakes.map((mistake) => ({ file, mistake })));
    }
  }
  return found;
}

async function runAll(all: Trial[], end: number): Promise<string[]> {
  const counts: Record<Outcome, number> = { noticed: 0, survived: 0, late: 0 };
  const survivors: string[] = [];
  const sound = new Map<string, boolean>();
  await using copy = await Trials.open(root);
  for (const { file, mistake } of all) {
    if (performance.now() > end) break;
    const tests = nearest.of(file, Number(values.tests));
    if (!sound.has(file)) sound.set(file, tests.length > 0 && await copy.passes(tests));
    if (!sound.get(file)) continue;
    const outcome = await copy.try(file, mistake, tests);
    counts[outcome]++;
    if (outcome === "survived") survivors.push(described(file, mistake));
    else console.log(`${outcome}: ${file}:${mistake.line} ${mistake.kind}`);
  }
  for (const [file, passes] of sound) {
    if (!passes) console.log(`Left out, since no test loads it or its tests fail: ${file}`);
  }
  console.log(`${counts.noticed + counts.late} noticed, ${counts.survived} survived`);
  return survivors;
}

function described(file: string, { line, kind, original, replacement }: Mistake): string {
  const short = (text: string) => text.replaceAll(/\s+/g, " ").slice(0, 100);
  return `survived: ${file}:${line} ${kind}\n  ${short(original)}\n  ${short(replacement)}`;
}

/** The same order for the same seed (mulberry32), so that a run can be repeated. */
function shuffled<T>(items: T[], seed: number): T[] {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return items.map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
