/** Bytes that one read takes; thousands of sockets take less. */
const CHUNK_BYTES = 256 * 1024;

/**
 * A WebSocket client that does as little as possible: it counts frames and bytes, and passes the
 * text of a frame on only to a listener. The load must be the server's, not the generator's.
 */
export class RawSocket {
  frames = 0;
  /** Events received, counted by `"rev":` at the top level of an event (see `countEvents`). */
  bytes = 0;
  #pending = new Uint8Array(0);

  private constructor(
    private readonly connection: Deno.TcpConn,
    private readonly onText: ((text: string) => void) | null,
    private readonly onBytes: ((payload: Uint8Array) => void) | null,
    private readonly chunkBytes: number,
  ) {}

  static async open(
    port: number,
    path: string,
    onText: ((text: string) => void) | null,
    onBytes: ((payload: Uint8Array) => void) | null = null,
    chunkBytes = CHUNK_BYTES,
  ): Promise<RawSocket> {
    const connection = await Deno.connect({ port, hostname: "127.0.0.1" });
    connection.setNoDelay();
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
      `Connection: Upgrade\r\nSec-WebSocket-Key: ${btoa("0123456789abcdef")}\r\n` +
      `Sec-WebSocket-Version: 13\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const socket = new RawSocket(connection, onText, onBytes, chunkBytes);
    await socket.#handshake();
    socket.#read();
    return socket;
  }

  /** One masked text frame; the mask is zero, which is allowed and costs nothing. */
  async send(text: string): Promise<void> {
    const payload = new TextEncoder().encode(text);
    const header = payload.length < 126
      ? [0x81, 0x80 | payload.length, 0, 0, 0, 0]
      : [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255, 0, 0, 0, 0];
    const frame = new Uint8Array(header.length + payload.length);
    frame.set(header);
    frame.set(payload, header.length);
    for (let sent = 0; sent < frame.length;) {
      sent += await this.connection.write(frame.subarray(sent));
    }
  }

  close(): void {
    this.connection.close();
  }

  async #handshake(): Promise<void> {
    const chunk = new Uint8Array(4096);
    let text = "";
    while (!text.includes("\r\n\r\n")) {
      const read = await this.connection.read(chunk);
      if (read === null) throw new Error("The handshake was cut off");
      text += String.fromCharCode(...chunk.subarray(0, read));
    }
    if (!text.startsWith("HTTP/1.1 101")) throw new Error(`No upgrade: ${text.split("\r\n")[0]}`);
    const rest = text.slice(text.indexOf("\r\n\r\n") + 4);
    this.#pending = Uint8Array.from(rest, (char) => char.charCodeAt(0));
  }

  async #read(): Promise<void> {
    const chunk = new Uint8Array(this.chunkBytes);
    try {
      for (;;) {
        const read = await this.connection.read(chunk);
        if (read === null) return;
        this.#take(chunk.subarray(0, read));
      }
    } catch {
      // This side closed the connection, at the end of a run.
    }
  }

  #take(chunk: Uint8Array): void {
    let data = chunk;
    if (this.#pending.length > 0) {
      data = new Uint8Array(this.#pending.length + chunk.length);
      data.set(this.#pending);
      data.set(chunk, this.#pending.length);
    }
    let at = 0;
    for (;;) {
      const frame = frameAt(data, at);
      if (!frame) break;
      at = frame.end;
      this.frames++;
      this.bytes += frame.end - frame.start;
      if (frame.opcode === 9) this.#pong();
      else if (this.onText) this.onText(TEXT.decode(data.subarray(frame.start, frame.end)));
      else if (this.onBytes) this.onBytes(data.subarray(frame.start, frame.end));
    }
    this.#pending = data.slice(at);
  }

  #pong(): void {
    this.connection.write(Uint8Array.of(0x8a, 0x80, 0, 0, 0, 0)).catch(() => {});
  }
}

const TEXT = new TextDecoder();

function frameAt(data: Uint8Array, at: number) {
  if (data.length < at + 2) return null;
  const opcode = data[at] & 15;
  let length = data[at + 1] & 127;
  let start = at + 2;
  if (length === 126) {
    if (data.length < at + 4) return null;
    length = (data[at + 2] << 8) | data[at + 3];
    start = at + 4;
  } else if (length === 127) {
    if (data.length < at + 10) return null;
    length = new DataView(data.buffer, data.byteOffset + at + 2).getUint32(4);
    start = at + 10;
  }
  const end = start + length;
  return data.length < end ? null : { opcode, start, end };
}
