import { settledWithin } from "./core/settled_within.ts";
import type { Log } from "./core/log.ts";

/**
 * Milliseconds before listening again for the first time; each failure doubles the pause, up to the
 * maximum.
 */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;
/** Milliseconds for requests in flight at the end. */
const SHUTDOWN_MS = 2_000;
/** Milliseconds of listening after which the pause starts from the first value again. */
const STABLE_MS = 10_000;

export interface ListenerOptions {
  fetch: Deno.ServeHandler<Deno.NetAddr>;
  log: Log;
  /** True if several threads of the process listen on one port (`deno serve --parallel`). */
  reusePort?: boolean;
  onListen(address: Deno.NetAddr): void;
  /** Called each time that accepting fails. */
  onFailure(): void;
}

/**
 * Keeps `Deno.serve` accepting. It closes its port at the first connection that it cannot accept,
 * as at the limit of open files; its open connections continue. So this class listens on the port
 * again until connections can be accepted.
 */
export class Listener {
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_RETRY_MS;
  #listeningSince = 0;
  #stopped = false;
  #announced = false;

  constructor(private readonly options: ListenerOptions) {}

  /**
   * Throws the errors of `Deno.serve`, for example for a port in use. Port 0 selects a free port
   * and keeps it.
   */
  listen(hostname: string, port: number): void {
    const { fetch, reusePort = false } = this.options;
    const onListen = (address: Deno.NetAddr) => {
      if (!this.#announced) this.options.onListen(address);
      this.#announced = true;
    };
    const server = Deno.serve({ hostname, port, reusePort, onListen }, fetch);
    this.#server = server;
    this.#listeningSince = performance.now();
    server.finished.catch((error) => this.resume({ hostname, port: server.addr.port }, error));
  }

  /** Listens again after a pause, once `error` has ended the last listener of this address. */
  resume(address: Pick<Deno.NetAddr, "hostname" | "port">, error: unknown): void {
    this.options.onFailure();
    if (this.#stopped) return;
    const stable = performance.now() - this.#listeningSince > STABLE_MS;
    if (stable) this.#pauseMs = FIRST_RETRY_MS;
    // Further failures of the same shortage add no information.
    if (stable || this.#pauseMs === FIRST_RETRY_MS) {
      this.options.log.error("Accepting connections failed", { error });
    }
    this.#announced = true;
    this.#timer = setTimeout(() => this.#retry(address), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_RETRY_MS);
  }

  /**
   * Stops accepting, and waits for requests in flight, but not for a peer that never closes its
   * socket.
   */
  async shutdown(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    if (this.#server === null) return;
    await settledWithin([this.#server.shutdown()], SHUTDOWN_MS);
  }

  #retry({ hostname, port }: Pick<Deno.NetAddr, "hostname" | "port">): void {
    if (this.#stopped) return;
    try {
      this.listen(hostname, port);
    } catch (error) {
      this.resume({ hostname, port }, error);
    }
  }
}
