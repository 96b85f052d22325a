import { newId } from "../../src/core/ids.ts";
import { cpuSeconds } from "./cpu.ts";
import { percentile } from "./fanout_load.ts";
import { keepFigures, type Row } from "./figures.ts";
import { Herd } from "./herd.ts";
import { Town, type TownChat } from "./town.ts";

export interface ReadsOptions {
  /** Chats of the one who reads; the others in them write. */
  chats: number;
  /** Sends a second while the reads run. */
  rate: number;
  seconds: number;
  pinned: boolean;
}

const READS: ReadsOptions = { chats: 40, rate: 2_000, seconds: 8, pinned: true };
const WRITERS = 8;
const TICK_MS = 2;
/** Milliseconds between two reads. */
const PAUSE_MS = 4;
const PAGE = 50;

/** The person who reads; those after them write. */
const READER = 0;

/** Prints and keeps the rows. */
export async function reads(): Promise<void> {
  const rows = await readRows(READS);
  console.table(rows);
  await keepFigures("reads", rows);
}

/**
 * One person reads (history, inbox, sync, search, profile) without any sends, while many write to
 * one chat, and while they write to many.
 */
export async function readRows({ chats, rate, seconds, pinned }: ReadsOptions): Promise<Row[]> {
  const people = chats + 1;
  const directs = people * Math.ceil(chats / 2);
  await using town = await Town.start({ people, directs, groups: [people], pinned });
  const bench = await ReadBench.start(town);
  const many = town.directs.filter(({ members }) => members.includes(READER));
  await bench.measure("warm-up", many, rate / 2, seconds / 2);
  const rows = [
    ...await bench.measure("no sends", [], 0, seconds / 2),
    ...await bench.measure("one chat", town.groups, rate, seconds),
    ...await bench.measure("many chats", many, rate, seconds),
  ];
  bench.close();
  return rows;
}

class ReadBench {
  readonly #herd: Herd;
  readonly #cursors: Record<string, number> = {};

  private constructor(private readonly town: Town) {
    this.#herd = new Herd(town);
  }

  static async start(town: Town): Promise<ReadBench> {
    const bench = new ReadBench(town);
    await bench.#herd.connect(0, Math.min(town.people.length, WRITERS + 1));
    return bench;
  }

  close(): void {
    this.#herd.close();
  }

  async measure(
    what: string,
    chats: TownChat[],
    rate: number,
    seconds: number,
  ): Promise<Row[]> {
    const times = new Map<string, number[]>();
    const { pid } = this.town.server;
    const [cpu, began] = [await cpuSeconds(pid), performance.now()];
    const writing = this.#write(chats, rate, seconds);
    while (performance.now() - began < seconds * 1_000) {
      for (const [name, read] of Object.entries(this.#kinds())) {
        const start = performance.now();
        await read();
        const list = times.get(name) ?? [];
        times.set(name, list);
        list.push(performance.now() - start);
        await delay(PAUSE_MS);
      }
    }
    const sent = await writing;
    const took = (performance.now() - began) / 1_000;
    const share = (await cpuSeconds(pid) - cpu) / took;
    return [...times].map(([read, list]) => {
      const sorted = Float64Array.from(list).sort();
      return {
        sends: what,
        "sends/s": Math.round(sent / took),
        "CPU %": Math.round(share * 100),
        read,
        count: list.length,
        "p50 ms": round(percentile(sorted, 0.5)),
        "p99 ms": round(percentile(sorted, 0.99)),
        "longest ms": round(sorted.at(-1)!),
      };
    });
  }

  #kinds(): Record<string, () => Promise<unknown>> {
    const [{ id: chatId }] = this.town.groups;
    const get = (path: string) => () => this.#ask("GET", path);
    return {
      history: get(`/api/messages/${chatId}?limit=${PAGE}`),
      inbox: get(`/api/chats?limit=${PAGE}`),
      sync: () => this.#sync(),
      search: get(`/api/messages/search?q=usual&limit=${PAGE}`),
      profile: get("/api/users/profile"),
    };
  }

  /** Asks for what changed since the last time, as a client does that was away for a moment. */
  async #sync(): Promise<void> {
    const body = { cursors: this.#cursors, changedOnly: true };
    const { items } = JSON.parse(await this.#ask("POST", "/api/sync", body));
    for (const { chatId, rev } of items) this.#cursors[chatId] = rev;
  }

  /** Returns the text of the response, which is parsed only where it is needed. */
  async #ask(method: string, path: string, body?: object): Promise<string> {
    const response = await fetch(this.town.server.url + path, {
      method,
      headers: {
        authorization: `Bearer ${this.town.people[READER].token}`,
        ...(body && { "content-type": "application/json" }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  }

  async #write(chats: TownChat[], rate: number, seconds: number): Promise<number> {
    const total = Math.round(rate * seconds);
    const began = performance.now();
    let sent = 0;
    while (sent < total) {
      const due = Math.min(total, Math.ceil((performance.now() - began) / 1_000 * rate));
      for (; sent < due; sent++) this.#send(chats[sent % chats.length], sent);
      await delay(TICK_MS);
    }
    return sent;
  }

  /** Sends as somebody of the chat who is connected and does not read. */
  #send({ id: chatId, members }: TownChat, n: number): void {
    const writers = members.filter((member) => member !== READER && member <= WRITERS);
    const sender = writers[n % writers.length] ?? READER;
    const text = `A message of the usual length, with all that people write, number ${n}`;
    const data = { chatId, clientId: newId(), text };
    const frame = JSON.stringify({ id: 1, cmd: "message.send", data });
    this.#herd.sockets[sender].send(frame).catch(() => {});
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
