/** A TCP server that accepts connections and never sends a byte. */
export class HangingServer {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  /** Number of connections accepted so far. */
  accepted = 0;

  constructor() {
    this.#accepting = this.#accept();
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.#listener.addr as Deno.NetAddr).port}`;
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  async close(): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    for (const connection of this.#connections) connection.close();
  }

  async #accept(): Promise<void> {
    try {
      for await (const connection of this.#listener) {
        this.accepted++;
        this.#connections.add(connection);
      }
    } catch { /* Closed. */ }
  }
}
