import { cpuSeconds } from "./cpu.ts";
import { RawSocket } from "./raw_socket.ts";

export type Cursors = Record<string, number>;

/** The server, and those who connect to it. */
export interface HerdTown {
  port: number;
  server: { pid: number };
  people: readonly { token: string }[];
}

export interface HerdOptions {
  /** Handshakes under way at once. */
  atOnce?: number;
  /** By person, the cursors of their earlier connection. */
  cursors?: Map<number, Cursors>;
  /** Gets every frame but the reply to hello. */
  onText?(text: string): void;
}

/** A phase in which everybody connects. */
export interface Arrival {
  seconds: number;
  cpuSeconds: number;
  count: number;
}

const AT_ONCE = 256;
/** A socket that is mostly idle needs no large buffer in the load generator. */
const CHUNK_BYTES = 16 * 1024;

/** One socket of each of the people, opened a bounded number at once. */
export class Herd {
  readonly sockets: RawSocket[] = [];
  readonly cursors: Map<number, Cursors>;

  constructor(
    private readonly town: HerdTown,
    private readonly options: HerdOptions = {},
  ) {
    this.cursors = options.cursors ?? new Map();
  }

  async connect(from: number, to: number): Promise<Arrival> {
    const { pid } = this.town.server;
    const [cpu, began] = [await cpuSeconds(pid), performance.now()];
    let next = from;
    const line = async () => {
      while (next < to) await this.#open(next++);
    };
    await Promise.all(Array.from({ length: this.options.atOnce ?? AT_ONCE }, line));
    const seconds = (performance.now() - began) / 1_000;
    return { seconds, cpuSeconds: await cpuSeconds(pid) - cpu, count: to - from };
  }

  async #open(index: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const listen = (text: string) => {
      if (text.startsWith('{"id":0,"ok":true')) resolve(text);
      else if (text.startsWith('{"id":0')) reject(new Error(text));
      else this.options.onText?.(text);
    };
    const { port, people } = this.town;
    const socket = await RawSocket.open(port, "/ws", listen, null, CHUNK_BYTES);
    const cursors = this.cursors.get(index) ?? {};
    const data = { token: people[index].token, cursors, changedOnly: true, compact: true };
    await socket.send(JSON.stringify({ id: 0, cmd: "hello", data }));
    const answer = await promise;
    if (!this.cursors.has(index)) {
      this.cursors.set(index, cursorsOf(JSON.parse(answer).data.sync?.items ?? []));
    }
    this.sockets[index] = socket;
  }

  close(): void {
    for (const socket of this.sockets) socket?.close();
  }
}

function cursorsOf(items: { chatId: string; rev: number }[]): Cursors {
  return Object.fromEntries(items.map(({ chatId, rev }) => [chatId, rev]));
}
