/**
 * A TCP proxy whose connections can be cut: they break off in the middle of any transfer, as in a
 * network failure, without the close frame of a WebSocket.
 */
export class CuttableProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connections = new Set<Deno.Conn>();
  readonly #accepting: Promise<void>;
  #isRefusing = false;
  #silence: PromiseWithResolvers<void> | null = null;
  #loses: { request: string; onLost: () => void } | null = null;
  #stops: string | null = null;
  #holds: { request: string; onHeld: () => void } | null = null;

  /** `target` is called for each connection. */
  constructor(private readonly target: () => number) {
    this.#accepting = this.#accept();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  cut(): void {
    this.silence(false);
    for (const connection of this.#connections) close(connection);
    this.#connections.clear();
  }

  /** While it refuses, new connections are closed at once, as on a port without a listener. */
  refuse(isRefusing: boolean): void {
    this.#isRefusing = isRefusing;
  }

  /** While it is silent, connections stay open, and no response is forwarded. */
  silence(isSilent: boolean): void {
    this.#silence?.resolve();
    this.#silence = isSilent ? Promise.withResolvers() : null;
  }

  /**
   * Forwards the next request that contains this text, and loses its response: cuts all connections
   * and refuses new ones until `refuse(false)`. Resolves once that has happened.
   */
  loseAnswerTo(request: string): Promise<void> {
    return new Promise((resolve) => this.#loses = { request, onLost: resolve });
  }

  /**
   * Becomes silent with the next request that contains this text, which it still forwards. Resolves
   * once that has happened.
   */
  holdAnswerTo(request: string): Promise<void> {
    return new Promise((resolve) => this.#holds = { request, onHeld: resolve });
  }

  /**
   * Cuts all connections before the next request that contains this text is forwarded, and refuses
   * new ones until `refuse(false)`.
   */
  stopBefore(request: string): void {
    this.#stops = request;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    await this.#accepting;
    this.cut();
  }

  async #accept(): Promise<void> {
    const links: Promise<unknown>[] = [];
    try {
      for await (const client of this.#listener) links.push(this.#link(client));
    } catch {
      // The listener was closed.
    }
    this.cut();
    await Promise.all(links);
  }

  async #link(client: Deno.Conn): Promise<void> {
    if (this.#isRefusing) return close(client);
    this.#connections.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.target() });
      this.#connections.add(server);
      // When one side ends, the other is closed too.
      const end = () => [client, server].forEach(close);
      let isLost = false;
      const onRequest = (bytes: Uint8Array) => {
        isLost ||= has(bytes, this.#loses?.request);
        if (has(bytes, this.#stops)) this.#stop();
        if (has(bytes, this.#holds?.request)) this.#hold();
      };
      const onAnswer = () => {
        if (isLost) this.#lose();
        return this.#silence?.promise;
      };
      await Promise.all([
        pump(client, server, onRequest).finally(end),
        pump(server, client, onAnswer).finally(end),
      ]);
      this.#connections.delete(server);
    } catch {
      close(client);
    }
    this.#connections.delete(client);
  }

  #hold(): void {
    const held = this.#holds;
    this.#holds = null;
    this.silence(true);
    held?.onHeld();
  }

  #stop(): void {
    this.#stops = null;
    this.#isRefusing = true;
    this.cut();
  }

  #lose(): void {
    const lost = this.#loses;
    this.#loses = null;
    this.#isRefusing = true;
    this.cut();
    lost?.onLost();
  }
}

function has(bytes: Uint8Array, text: string | null | undefined): boolean {
  return !!text && new TextDecoder("latin1").decode(bytes).includes(text);
}

async function pump(
  from: Deno.Conn,
  to: Deno.Conn,
  onBytes: (bytes: Uint8Array) => Promise<void> | void,
): Promise<void> {
  const buffer = new Uint8Array(16 * 1024);
  try {
    for (let size; (size = await from.read(buffer)) !== null;) {
      await onBytes(buffer.subarray(0, size));
      for (let at = 0; at < size;) at += await to.write(buffer.subarray(at, size));
    }
  } catch {
    // Cut.
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // Closed before.
  }
}
