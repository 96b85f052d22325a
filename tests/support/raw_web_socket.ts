import { Buffer } from "node:buffer";
import { within } from "./within.ts";

/** Timeout of a wait in milliseconds: a test that exceeds it fails instead of hanging. */
const LONGEST_MS = 60_000;

export interface RawFrame {
  opcode: number;
  payload: Uint8Array;
}

export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;

/**
 * A WebSocket client (RFC 6455) that can misbehave: it sends any header and any bytes, reads only
 * on request, and does not reply to a close.
 */
export class RawWebSocket implements Disposable {
  #rest: Buffer = Buffer.alloc(0);

  private constructor(
    private readonly connection: Deno.Conn,
    readonly status: number,
    readonly headers: Headers,
  ) {}

  static async open(url: string, headers: Record<string, string> = {}): Promise<RawWebSocket> {
    const { hostname, port, host, pathname, search } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const all = {
      host,
      upgrade: "websocket",
      connection: "Upgrade",
      "sec-websocket-version": "13",
      "sec-websocket-key": btoa("0123456789abcdef"),
      ...headers,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    await write(
      connection,
      Buffer.from(`GET ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n`),
    );
    let head = Buffer.alloc(0);
    while (!head.includes("\r\n\r\n")) head = Buffer.concat([head, await more(connection)]);
    const end = head.indexOf("\r\n\r\n");
    const [first, ...rest] = head.subarray(0, end).toString("latin1").split("\r\n");
    const pairs = rest.map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]);
    const socket = new RawWebSocket(connection, Number(first.split(" ")[1]), new Headers(pairs));
    socket.#rest = head.subarray(end + 4);
    return socket;
  }

  send(payload: string | Uint8Array, opcode = TEXT): Promise<void> {
    const bytes = Buffer.from(payload as Uint8Array);
    const mask = Buffer.from([1, 2, 3, 4]);
    const length = bytes.length < 126
      ? Buffer.from([0x80 | bytes.length])
      : Buffer.from([0x80 | 126, bytes.length >> 8, bytes.length & 255]);
    const masked = bytes.map((byte, i) => byte ^ mask[i % 4]);
    return write(
      this.connection,
      Buffer.concat([Buffer.from([0x80 | opcode]), length, mask, masked]),
    );
  }

  command(id: number, cmd: string, data: unknown): Promise<void> {
    return this.send(JSON.stringify({ id, cmd, data }));
  }

  /** Resolves with the next frame, or null when the connection has ended. */
  next(): Promise<RawFrame | null> {
    return within("a frame comes", this.#next(), LONGEST_MS);
  }

  async #next(): Promise<RawFrame | null> {
    try {
      const [first, second] = await this.#take(2);
      let length = second & 127;
      if (length === 126) length = (await this.#take(2)).readUInt16BE();
      else if (length === 127) length = Number((await this.#take(8)).readBigUInt64BE());
      return { opcode: first & 15, payload: await this.#take(length) };
    } catch {
      return null;
    }
  }

  /** Reads until the server closes; returns the close code, or null when the connection broke. */
  async closeCode(): Promise<number | null> {
    for (let frame; (frame = await this.next());) {
      if (frame.opcode === CLOSE) return Buffer.from(frame.payload).readUInt16BE();
    }
    return null;
  }

  /** Closes the connection; safe to call twice. */
  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }

  async #take(size: number): Promise<Buffer> {
    const parts = [this.#rest];
    for (let had = this.#rest.length; had < size;) {
      const part = await more(this.connection);
      parts.push(part);
      had += part.length;
    }
    const all = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    this.#rest = all.subarray(size);
    return all.subarray(0, size);
  }
}

async function more(connection: Deno.Conn): Promise<Buffer> {
  const buffer = new Uint8Array(64 * 1024);
  const size = await connection.read(buffer);
  if (size === null) throw new Error("The connection has ended");
  return Buffer.from(buffer.subarray(0, size));
}

async function write(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
