import { newId } from "../../src/core/ids.ts";
import { cpuSeconds } from "./cpu.ts";
import { percentile } from "./fanout_load.ts";
import { keepFigures, type Row } from "./figures.ts";
import { Herd } from "./herd.ts";
import { Town, type TownChat } from "./town.ts";

export interface EveningOptions {
  people: number;
  directs: number;
  smallGroups: number;
  largeGroup: number;
  /** Sends a second of all chats together, until p99 passes `maxP99Ms`. */
  rates: readonly number[];
  maxP99Ms: number;
  seconds: number;
  pinned: boolean;
}

/** A share of the sends, and the chats that it goes to. */
interface Share {
  share: number;
  chats: TownChat[];
}

const EVENING: EveningOptions = {
  people: 2_000,
  directs: 10_000,
  smallGroups: 200,
  largeGroup: 200,
  rates: [250, 500, 1_000, 1_500, 2_000, 3_000, 4_000],
  maxP99Ms: 100,
  seconds: 8,
  pinned: true,
};
const SMALL = 10;
const MANY_CHATS = 1_000;
const TICK_MS = 2;
const QUIET_MS = 10_000;
const SENT_AT = /sent at ([\d.]+)~/g;

/** Prints and keeps the rows. */
export async function evening(): Promise<void> {
  const rows = await eveningRows(EVENING);
  console.table(rows);
  await keepFigures("evening", rows);
}

/**
 * Everybody is connected and writes: 1,000 chats with a send a second each, and the mix of an
 * evening (90 % of the sends to chats of two, 9 % to small groups, 1 % to a large one) at a rising
 * rate.
 */
export async function eveningRows(options: EveningOptions): Promise<Row[]> {
  const { people, directs, smallGroups, largeGroup, rates, seconds, pinned } = options;
  const groups = [...Array.from({ length: smallGroups }, () => SMALL), largeGroup];
  await using town = await Town.start({ people, directs, groups, pinned });
  const load = await EveningLoad.start(town);
  const many = [{ share: 1, chats: town.directs.slice(0, MANY_CHATS) }];
  const mix = eveningMix(town);
  await load.run(many, rates[0], seconds);
  const each = `${many[0].chats.length} chats, one send a second each`;
  const rows: Row[] = [{ what: each, ...await load.run(many, many[0].chats.length, seconds) }];
  for (const rate of rates) {
    const row = await load.run(mix, rate, seconds);
    rows.push({ what: "evening", ...row });
    if (row["p99 ms"] > options.maxP99Ms) break;
  }
  load.close();
  return rows;
}

/** 90 % of the sends to chats of two, 9 % to the small groups, 1 % to the last group. */
export function eveningMix({ directs, groups }: Town): Share[] {
  return [
    { share: 0.9, chats: directs },
    { share: 0.09, chats: groups.slice(0, -1) },
    { share: 0.01, chats: groups.slice(-1) },
  ];
}

/** The sockets of all people; counts what arrives, with the time since it was sent. */
export class EveningLoad {
  readonly #herd: Herd;
  #latencies: number[] = [];

  private constructor(private readonly town: Town) {
    this.#herd = new Herd(town, { onText: (text) => this.#read(text) });
  }

  static async start(town: Town): Promise<EveningLoad> {
    const load = new EveningLoad(town);
    await load.#herd.connect(0, town.people.length);
    return load;
  }

  async run(shares: Share[], rate: number, seconds: number) {
    this.#latencies = [];
    const cpu = await cpuSeconds(this.town.server.pid);
    const began = performance.now();
    const { sent, due } = await this.#send(shares, rate, seconds);
    await this.#arrival(due);
    const took = (performance.now() - began) / 1_000;
    const used = await cpuSeconds(this.town.server.pid) - cpu;
    const sorted = Float64Array.from(this.#latencies).sort();
    return {
      "sends/s": Math.round(sent / took),
      "deliveries/s": Math.round(sorted.length / took),
      missing: due - sorted.length,
      "p50 ms": Number(percentile(sorted, 0.5).toFixed(1)),
      "p99 ms": Number(percentile(sorted, 0.99).toFixed(1)),
      "CPU µs/send": Math.round(used / sent * 1e6),
      "CPU µs/delivery": Math.round(used / sorted.length * 1e6),
      "CPU %": Math.round(used / took * 100),
    };
  }

  close(): void {
    this.#herd.close();
  }

  async #send(shares: Share[], rate: number, seconds: number) {
    const total = Math.round(rate * seconds);
    const began = performance.now();
    let due = 0;
    for (let sent = 0; sent < total;) {
      const now = Math.min(total, Math.ceil((performance.now() - began) / 1_000 * rate));
      for (; sent < now; sent++) due += this.#sendTo(chatOf(shares, sent));
      await delay(TICK_MS);
    }
    return { sent: total, due };
  }

  /** Returns the number of sockets that get it. */
  #sendTo({ id: chatId, members }: TownChat): number {
    const sender = members[Math.floor(Math.random() * members.length)];
    const text = `A message of the usual length, sent at ${performance.now().toFixed(3)}~`;
    const data = { chatId, clientId: newId(), text };
    const frame = JSON.stringify({ id: 1, cmd: "message.send", data });
    this.#herd.sockets[sender].send(frame).catch(() => {});
    return members.length;
  }

  /** Resolves once everything has arrived, or nothing has for a while. */
  async #arrival(due: number): Promise<void> {
    let [before, since] = [-1, performance.now()];
    while (this.#latencies.length < due && performance.now() - since < QUIET_MS) {
      if (this.#latencies.length !== before) since = performance.now();
      before = this.#latencies.length;
      await delay(10);
    }
  }

  #read(text: string): void {
    if (text.startsWith('{"id":1,')) return;
    const now = performance.now();
    for (const [, sentAt] of text.matchAll(SENT_AT)) this.#latencies.push(now - Number(sentAt));
  }
}

/** Goes through the chats in turn, so that all are written to. */
function chatOf(shares: Share[], n: number): TownChat {
  let at = (n * 0.618034) % 1;
  for (const { share, chats } of shares) {
    if (at < share) return chats[Math.floor(Math.random() * chats.length)];
    at -= share;
  }
  return shares[0].chats[0];
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
