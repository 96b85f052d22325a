/**
 * A proxy that simulates a slow connection: all its connections share one budget of bytes per
 * second, in the direction to the client. TCP keeps the waiting bytes, as on a real line.
 */
export class SlowLine implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  /** Time at which the line is free again, in milliseconds of `performance.now`. */
  #free = 0;
  /** Number of bytes sent to the client. */
  sent = 0;

  constructor(private readonly targetPort: number, private readonly bytesPerSecond: number) {
    this.#accepting = this.#accept();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#connections.forEach(close);
    await this.#accepting;
  }

  async #accept(): Promise<void> {
    const links: Promise<void>[] = [];
    try {
      for await (const client of this.#listener) links.push(this.#link(client));
    } catch {
      // The listener was closed.
    }
    await Promise.all(links);
  }

  async #link(client: Deno.Conn): Promise<void> {
    this.#connections.add(client);
    const server = await Deno.connect({ hostname: "127.0.0.1", port: this.targetPort });
    this.#connections.add(server);
    const end = () => [client, server].forEach(close);
    await Promise.all([
      pump(client, server, () => Promise.resolve()).finally(end),
      pump(server, client, (size) => this.#wait(size)).finally(end),
    ]);
    this.#connections.delete(client);
    this.#connections.delete(server);
  }

  async #wait(size: number): Promise<void> {
    this.sent += size;
    const now = performance.now();
    this.#free = Math.max(this.#free, now) + 1000 * size / this.bytesPerSecond;
    await new Promise((resolve) => setTimeout(resolve, this.#free - now));
  }
}

async function pump(
  from: Deno.Conn,
  to: Deno.Conn,
  wait: (size: number) => Promise<void>,
): Promise<void> {
  const buffer = new Uint8Array(8 * 1024);
  try {
    for (let size; (size = await from.read(buffer)) !== null;) {
      await wait(size);
      for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
    }
  } catch {
    // One side has closed.
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed before.
  }
}
