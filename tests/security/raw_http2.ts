import type { RunningApp } from "../support/running_app.ts";

const HEADERS = 1;
const SETTINGS = 4;
const ACK = 1;
const END_STREAM = 1;
const END_HEADERS = 4;
/** The header block that begins with the static entry `:status: 200` (RFC 7541, appendix A). */
const STATUS_200 = 0x88;

const bytesOf = (text: string) => new TextEncoder().encode(text);

/**
 * A connection by HTTP/2 without TLS whose client grants no more room than the first 65,535 bytes
 * of all responses together (RFC 9113, section 6.9.2): what was requested beyond stays in the
 * server.
 */
export class UnreadHttp2 implements Disposable {
  /** By stream: true for a response of status 200, false for any other. */
  readonly answers = new Map<number, boolean>();
  #stream = -1;

  private constructor(private readonly connection: Deno.TcpConn) {}

  static async open(app: RunningApp): Promise<UnreadHttp2> {
    const { hostname, port } = new URL(app.url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    const client = new UnreadHttp2(connection);
    await client.#write(bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    await client.#send(SETTINGS, 0, 0, new Uint8Array());
    client.#read().catch(() => {});
    return client;
  }

  async get(path: string, token: string): Promise<void> {
    const block = headerBlock([
      [":method", "GET"],
      [":scheme", "http"],
      [":authority", "chat.example.com"],
      [":path", path],
      ["authorization", `Bearer ${token}`],
    ]);
    await this.#send(HEADERS, END_STREAM | END_HEADERS, this.#stream += 2, block);
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }

  async #read(): Promise<void> {
    let rest = new Uint8Array();
    const buffer = new Uint8Array(65_536);
    for (let size; (size = await this.connection.read(buffer)) !== null;) {
      rest = Uint8Array.from([...rest, ...buffer.subarray(0, size)]);
      for (let length; rest.length >= 9 && rest.length >= 9 + (length = lengthOf(rest));) {
        await this.#take(rest.subarray(0, 9 + length));
        rest = rest.slice(9 + length);
      }
    }
  }

  async #take(frame: Uint8Array): Promise<void> {
    const [type, flags] = [frame[3], frame[4]];
    if (type === SETTINGS && flags !== ACK) {
      await this.#send(SETTINGS, ACK, 0, new Uint8Array());
    }
    if (type === HEADERS) this.answers.set(frame[8] | frame[7] << 8, frame[9] === STATUS_200);
  }

  #send(type: number, flags: number, stream: number, payload: Uint8Array): Promise<void> {
    const { length } = payload;
    const head = [length >> 16, length >> 8, length, type, flags, 0, 0, stream >> 8, stream];
    return this.#write(Uint8Array.from([...head.map((byte) => byte & 0xff), ...payload]));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }
}

function lengthOf(frame: Uint8Array): number {
  return frame[0] << 16 | frame[1] << 8 | frame[2];
}

/** Literals without indexing and without Huffman codes (RFC 7541, section 6.2.2). */
function headerBlock(headers: [string, string][]): Uint8Array {
  const literal = (text: string) => [...integer(text.length), ...bytesOf(text)];
  return Uint8Array.from(headers.flatMap((pair) => [0, ...pair.flatMap(literal)]));
}

/** A length as an integer with a prefix of seven bits (RFC 7541, section 5.1). */
function integer(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  for (value -= 127; value >= 128; value >>= 7) bytes.push(value & 127 | 128);
  return [...bytes, value];
}
