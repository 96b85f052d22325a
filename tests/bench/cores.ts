import { cpuSeconds } from "./cpu.ts";
import { EveningLoad, eveningMix } from "./evening.ts";
import { keepFigures, type Row } from "./figures.ts";
import { Town } from "./town.ts";

export interface CoresOptions {
  people: number;
  directs: number;
  /** Sends a second of one thread, far below what one core takes. */
  rate: number;
  seconds: number;
  /** Each case is measured so often, in turn. */
  rounds: number;
}

/** Threads of `deno task start:parallel`, and how often the rate of one goes to all of them. */
interface Case {
  threads: number;
  times: number;
}

const CORES: CoresOptions = { people: 500, directs: 2_500, rate: 500, seconds: 8, rounds: 3 };
const ONE: Case = { threads: 1, times: 1 };
const CASES: readonly Case[] = [ONE, { threads: 2, times: 1 }, { threads: 2, times: 2 }];

/** Prints and keeps the rows. */
export async function cores(): Promise<void> {
  const rows = await coreRows(CORES);
  console.table(rows);
  await keepFigures("cores", rows);
}

/**
 * The CPU time of a send of an evening with one thread of `deno task start:parallel` and with two,
 * and what follows for the throughput of as many cores: threads × CPU of one ÷ CPU of several. Two
 * threads are measured at the rate of one, where each has half of the sends and fewer of them share
 * a commit, and at twice that rate, where each has as many as the one: only that is how far a
 * second core goes. Both leave out waits for the database's lock, which cost time and no CPU: see
 * p99. The load runs on the same cores, so no more can be measured here than it leaves: see its
 * share.
 */
export async function coreRows(options: CoresOptions): Promise<Row[]> {
  const rows: { of: Case; row: Row }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const of of CASES) rows.push({ of, row: await measure(of, options) });
  }
  const costOf = (one: Case) =>
    Math.min(...rows.filter(({ of }) => of === one).map(({ row }) => costIn(row)));
  return rows.map(({ of, row }) => {
    const gain = of.threads * costOf(ONE) / costOf(of);
    return { ...row, "times one core": Math.round(gain * 100) / 100 };
  });
}

async function measure(
  { threads, times }: Case,
  { people, directs, rate, seconds }: CoresOptions,
): Promise<Row> {
  const groups = [...Array.from({ length: Math.ceil(people / 10) }, () => 10), people];
  await using town = await Town.start({ people, directs, groups, threads });
  const load = await EveningLoad.start(town);
  const mix = eveningMix(town);
  await load.run(mix, rate * times, seconds / 2);
  const before = await cpuSeconds(Deno.pid);
  const row = await load.run(mix, rate * times, seconds);
  const share = (await cpuSeconds(Deno.pid) - before) / seconds;
  load.close();
  return { threads, ...row, "load's CPU %": Math.round(share * 100) };
}

function costIn(row: Row): number {
  return Number(row["CPU µs/send"]);
}
