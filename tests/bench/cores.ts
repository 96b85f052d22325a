import { EveningLoad, eveningMix } from "./evening.ts";
import { keepFigures, type Row } from "./figures.ts";
import { Town } from "./town.ts";

export interface CoresOptions {
  people: number;
  directs: number;
  /** Sends a second, far below what one core takes. */
  rate: number;
  seconds: number;
  /** Each number of threads is measured so often, in turn. */
  rounds: number;
}

const CORES: CoresOptions = { people: 500, directs: 2_500, rate: 500, seconds: 8, rounds: 3 };
const THREADS = [1, 2];

/** Prints and keeps the rows. */
export async function cores(): Promise<void> {
  const rows = await coreRows(CORES);
  console.table(rows);
  await keepFigures("cores", rows);
}

/**
 * The CPU time of a send of an evening, with one and with two threads of `deno task start:parallel`
 * at one rate, and what follows for the throughput of as many cores: threads × CPU of one ÷ CPU of
 * several. It leaves out waits for the database's lock, which cost time and no CPU: see p99.
 */
export async function coreRows(options: CoresOptions): Promise<Row[]> {
  const rows: Row[] = [];
  for (let round = 0; round < options.rounds; round++) {
    for (const threads of THREADS) rows.push(await measure(threads, options));
  }
  const costOf = (threads: number) =>
    Math.min(...rows.filter((row) => row.threads === threads).map((row) => costIn(row)));
  return rows.map((row) => {
    const gain = Number(row.threads) * costOf(THREADS[0]) / costOf(Number(row.threads));
    return { ...row, "times one core": Math.round(gain * 100) / 100 };
  });
}

async function measure(threads: number, { people, directs, rate, seconds }: CoresOptions) {
  const groups = [...Array.from({ length: Math.ceil(people / 10) }, () => 10), people];
  await using town = await Town.start({ people, directs, groups, threads });
  const load = await EveningLoad.start(town);
  const mix = eveningMix(town);
  await load.run(mix, rate, seconds / 2);
  const row = await load.run(mix, rate, seconds);
  load.close();
  return { threads, ...row };
}

function costIn(row: Row): number {
  return Number(row["CPU µs/send"]);
}
