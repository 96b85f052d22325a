import { RawSocket } from "./raw_socket.ts";

export interface Load {
  port: number;
  receivers: number;
  /** Total messages per second. */
  rate: number;
  seconds: number;
  /** Opens a receiver or a sender, and writes a message. */
  transport: Transport;
  /** Seconds of processor time that the server has used so far; opening sockets does not count. */
  cpu?: () => Promise<number>;
}

/** The measured server: this project's `/ws`, or the bare broadcast. */
export interface Transport {
  open(
    port: number,
    index: number,
    onText: ((text: string) => void) | null,
  ): Promise<RawSocket>;
  frame(index: number, sentAt: number): string;
  /** Send times of a frame's messages, in order; null for frames of other kinds. */
  read(text: string): ReceivedSignals[];
  /**
   * Bytes between messages that share a frame, if receivers may get the messages in different
   * frames; then bytes and separators are compared, and not only bytes.
   */
  separatorBytes?: number;
}

export interface ReceivedSignals {
  sentAt: number;
  /** Number that must grow by one from message to message; 0 where there is none. */
  rev: number;
}

export interface LoadResult {
  sent: number;
  /** Messages times receivers; every receiver got the same bytes. */
  deliveries: number;
  seconds: number;
  latencies: Float64Array;
  /** Processor seconds of the server from the first send to the last arrival. */
  cpu: number;
  /** Number of frames in which a receiver got its messages. */
  frames: number;
}

/**
 * One in this many receivers parses its frames; the others must only have received the same number
 * of bytes.
 */
const READ_ONE_IN = 50;
const SENDERS = 8;
const TICK_MS = 2;

/**
 * Opens the receivers, sends at a steady rate, and waits until everything has arrived or nothing
 * moves.
 */
export async function runLoad(
  { port, receivers, rate, seconds, transport, cpu = () => Promise.resolve(0) }: Load,
): Promise<LoadResult> {
  const received = new Map<number, number>();
  const latencies: number[] = [];
  const sockets: RawSocket[] = [];
  for (let i = 0; i < receivers; i++) {
    const reads = i % READ_ONE_IN === 0 ? reader(i, transport, received, latencies) : null;
    sockets.push(await transport.open(port, i, reads));
  }
  const senders: RawSocket[] = [];
  for (let i = 0; i < SENDERS; i++) senders.push(await transport.open(port, receivers + i, null));
  await delay(300);
  const { separatorBytes = 0 } = transport;
  const countsOf = () => sockets.map(({ bytes, frames }) => bytes + frames * separatorBytes);
  const countsBefore = countsOf();
  const framesBefore = sockets[0].frames;
  const cpuBefore = await cpu();
  const started = performance.now();
  const sent = await send(senders, rate, seconds, transport);
  const bytesOf = () => countsOf().map((count, i) => count - countsBefore[i]);
  await arrival(received, sent, bytesOf);
  const elapsed = (performance.now() - started) / 1000;
  const cpuUsed = await cpu() - cpuBefore;
  const bytes = bytesOf();
  if (new Set(bytes).size > 1) {
    throw new Error(`Receivers got ${Math.min(...bytes)} to ${Math.max(...bytes)} bytes`);
  }
  const arrived = received.get(0) ?? 0;
  const frames = sockets[0].frames - framesBefore;
  for (const socket of [...sockets, ...senders]) socket.close();
  return {
    sent,
    deliveries: arrived * receivers,
    seconds: elapsed,
    latencies: Float64Array.from(latencies).sort(),
    cpu: cpuUsed,
    frames,
  };
}

function reader(
  index: number,
  transport: Transport,
  received: Map<number, number>,
  latencies: number[],
) {
  let last = 0;
  return (text: string) => {
    const now = performance.now();
    for (const { sentAt, rev } of transport.read(text)) {
      if (last > 0 && rev > 0 && rev !== last + 1) throw new Error(`Rev ${rev} followed ${last}`);
      last = rev;
      latencies.push(now - sentAt);
      received.set(index, (received.get(index) ?? 0) + 1);
    }
  };
}

async function send(senders: RawSocket[], rate: number, seconds: number, transport: Transport) {
  const total = Math.round(rate * seconds);
  const started = performance.now();
  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.ceil((performance.now() - started) / 1000 * rate));
    for (; sent < due; sent++) {
      senders[sent % SENDERS].send(transport.frame(sent, performance.now())).catch(() => {});
    }
    await delay(TICK_MS);
  }
  return sent;
}

/**
 * Resolves once every reading receiver has everything, and all receivers the same; or once nothing
 * moved for 10 s.
 */
async function arrival(received: Map<number, number>, sent: number, bytesOf: () => number[]) {
  let still = 0;
  let before = -1;
  while (still < 200) {
    const bytes = bytesOf();
    const all = [...received.values()].every((count) => count >= sent) && received.size > 0;
    if (all && Math.max(...bytes) === Math.min(...bytes)) return;
    const now = bytes.reduce((sum, count) => sum + count, 0);
    still = now === before ? still + 1 : 0;
    before = now;
    await delay(50);
  }
}

export function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
