import { parseArgs } from "node:util";
import { join, relative, resolve } from "node:path";
import { Hunt, type Place, type Verdict } from "./hunt.ts";
import { KnownTests } from "./known_tests.ts";
import { mistakesIn } from "./mistakes.ts";
import { NearestTests, sourcesBelow } from "./nearest_tests.ts";
import { ProjectCopy } from "./project_copy.ts";
import { described, table } from "./report.ts";
import { sample } from "./sample.ts";

/**
 * `deno task mutate [--count 20] [--seed 1] [--minutes 30] [--seconds 120] [--jobs 1] [--learn 20]
 * path …`: draws small mistakes in each of the given folders or files (`src/x.ts:12` for one line),
 * makes them one at a time, looks for a test that notices, for `seconds` each, and prints the rates
 * and the mistakes that none noticed. Not every survivor is a missing test: a second guard may
 * stand behind what was removed.
 */

const { values, positionals } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    count: { type: "string", default: "20" },
    minutes: { type: "string", default: "30" },
    seconds: { type: "string", default: "120" },
    jobs: { type: "string", default: String(Math.max(1, navigator.hardwareConcurrency >> 2)) },
    learn: { type: "string", default: "Infinity" },
    seed: { type: "string", default: "1" },
  },
});
if (positionals.length === 0) {
  console.error("Name the files or folders to make mistakes in: deno task mutate src/chats");
  Deno.exit(2);
}

const root = Deno.cwd();
const end = performance.now() + Number(values.minutes) * 60_000;
const hunt = new Hunt({
  nearest: await NearestTests.read(root),
  known: new KnownTests(root, join(root, "coverage", "mutate")),
  budgetMs: Number(values.seconds) * 1_000,
  learn: Number(values.learn),
  end,
});
const places: { path: string; place: Place }[] = [];
for (const path of positionals) {
  const all = await placesIn(path);
  const options = { count: Number(values.count), seed: Number(values.seed), keyOf };
  const drawn = sample(all, options);
  console.log(`${path}: ${drawn.length} of ${all.length} mistakes, drawn by seed ${values.seed}`);
  places.push(...drawn.map((place) => ({ path, place })));
}
const verdicts = new Map<string, Verdict[]>(positionals.map((path) => [path, []]));
await Promise.all(Array.from({ length: Number(values.jobs) }, judge));
console.log(table(verdicts));
if (places.length > 0) console.log(`${places.length} were not made: the time was over`);

async function judge(): Promise<void> {
  await using copy = await ProjectCopy.open(root);
  while (performance.now() < end && places.length > 0) {
    const { path, place } = places.shift()!;
    const verdict = await hunt.verdictOn(place, copy);
    if (!verdict) return void places.push({ path, place });
    verdicts.get(path)!.push(verdict);
    console.log(described(verdict));
  }
}

async function placesIn(path: string): Promise<Place[]> {
  const [name, line] = path.split(":");
  const found: Place[] = [];
  for await (const each of sourcesBelow(resolve(root, name))) {
    const file = relative(root, each);
    for (const mistake of mistakesIn(await Deno.readTextFile(each), file)) {
      if (!line || mistake.line === Number(line)) found.push({ file, mistake });
    }
  }
  return found;
}

/** One mistake of a line is enough, unless the line was asked for. */
function keyOf({ file, mistake }: Place): string {
  const isOneLine = positionals.some((path) => path === `${file}:${mistake.line}`);
  return isOneLine ? `${mistake.start} ${mistake.replacement}` : `${file}:${mistake.line}`;
}
