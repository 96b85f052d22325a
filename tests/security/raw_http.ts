import type { RunningApp } from "../support/running_app.ts";
import { within } from "../support/within.ts";

/** A bare connection to the server, for bytes that `fetch` and `WebSocket` would never send. */
export class RawHttp implements Disposable {
  #received = "";

  private constructor(private readonly connection: Deno.TcpConn) {}

  static async open(app: RunningApp): Promise<RawHttp> {
    const { hostname, port } = new URL(app.url);
    return new RawHttp(await Deno.connect({ hostname, port: Number(port) }));
  }

  /** Characters are bytes: `\x85` is one byte. */
  async write(text: string): Promise<void> {
    const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
    for (let at = 0; at < bytes.length;) at += await this.connection.write(bytes.subarray(at));
  }

  /** Returns everything received until `pattern` matches or the server hangs up. */
  until(pattern: RegExp): Promise<string> {
    return within(`the response matches ${pattern}`, this.#until(pattern), 60_000);
  }

  async #until(pattern: RegExp): Promise<string> {
    const buffer = new Uint8Array(65_536);
    while (!pattern.test(this.#received)) {
      const size = await this.connection.read(buffer).catch(() => null);
      if (size === null) break;
      this.#received += String.fromCharCode(...buffer.subarray(0, size));
    }
    return this.#received;
  }

  /** Returns status line and headers. */
  async head(): Promise<string> {
    return (await this.until(/\r\n\r\n/)).split("\r\n\r\n")[0];
  }

  [Symbol.dispose](): void {
    this.connection.close();
  }
}

/** Sends one request, and returns status line and headers of the response. */
export async function rawHead(
  app: RunningApp,
  start: string,
  headers: Record<string, string> = {},
): Promise<string> {
  using connection = await RawHttp.open(app);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await connection.write(`${start} HTTP/1.1\r\nHost: ${new URL(app.url).host}\r\n${lines}\r\n`);
  return await connection.head();
}

/** Headers of a WebSocket handshake (RFC 6455, section 4.1). */
export const UPGRADE: Readonly<Record<string, string>> = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
};

export const WS_PATH = "/ws";
export const SOCKET_IO_WS_PATH = "/socket.io/?EIO=4&transport=websocket";
export const SOCKET_IO_POLL_PATH = "/socket.io/?EIO=4&transport=polling";
