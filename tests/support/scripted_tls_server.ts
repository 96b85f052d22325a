import { TLS_CERTIFICATE, TLS_KEY } from "./tls_certificate.ts";

/** Sends bytes to the client of one connection; rejects once the client has gone. */
export type Write = (text: string) => Promise<void>;

const encoder = new TextEncoder();

/** A TLS server that reads the start of a request, and then sends whatever `answer` writes. */
export class ScriptedTlsServer {
  readonly #listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: TLS_CERTIFICATE,
    key: TLS_KEY,
  });
  readonly #connections = new Set<Deno.TlsConn>();
  readonly #running: Promise<void>;

  constructor(private readonly answer: (write: Write) => Promise<void>) {
    this.#running = this.#accept();
  }

  get url(): URL {
    return new URL(`https://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}/`);
  }

  async close(): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) close(connection);
    await this.#running;
  }

  async #accept(): Promise<void> {
    const talks: Promise<void>[] = [];
    try {
      for await (const connection of this.#listener) {
        this.#connections.add(connection);
        talks.push(this.#talk(connection).catch(() => {}));
      }
    } catch { /* Closed. */ }
    await Promise.all(talks);
  }

  async #talk(connection: Deno.TlsConn): Promise<void> {
    await connection.read(new Uint8Array(4096));
    await this.answer(async (text) => {
      const bytes = encoder.encode(text);
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    });
    // Open until the client ends it.
    while (await connection.read(new Uint8Array(4096)) !== null) { /* Ignored. */ }
    close(connection);
  }
}

function close(connection: Deno.TlsConn): void {
  try {
    connection.close();
  } catch { /* It has gone. */ }
}
