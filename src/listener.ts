import { settledWithin } from "./core/settled_within.ts";
import type { Log } from "./core/log.ts";

/** The first pause before listening again; doubled by each failure, up to the longest. */
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 2_000;
/** For requests under way at the end. */
const SHUTDOWN_MS = 2_000;
/** A listener that lived this long begins with the first pause again. */
const STABLE_MS = 10_000;

export interface ListenerOptions {
  fetch: Deno.ServeHandler<Deno.NetAddr>;
  log: Log;
  /** Where several threads of the process listen on one port (`deno serve --parallel`). */
  reusePort?: boolean;
  onListen(address: Deno.NetAddr): void;
  /** Called for each time that accepting failed. */
  onFailure(): void;
}

/**
 * Keeps `Deno.serve` accepting. It gives up its port at the first connection that it cannot accept, as at
 * the limit of open files; the connections that it has go on. So the port is listened to again, until
 * there is room.
 */
export class Listener {
  #server: Deno.HttpServer<Deno.NetAddr> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pauseMs = FIRST_RETRY_MS;
  #listeningSince = 0;
  #stopped = false;
  #announced = false;

  constructor(private readonly options: ListenerOptions) {}

  /** Throws what `Deno.serve` throws, a port in use say. Port 0 takes a free one, and keeps it. */
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

  /** Listens again in a while, after `error` ended the last listener of this address. */
  resume(address: Pick<Deno.NetAddr, "hostname" | "port">, error: unknown): void {
    this.options.onFailure();
    if (this.#stopped) return;
    const stable = performance.now() - this.#listeningSince > STABLE_MS;
    if (stable) this.#pauseMs = FIRST_RETRY_MS;
    // Further ones of the same shortage say nothing new.
    if (stable || this.#pauseMs === FIRST_RETRY_MS) {
      this.options.log.error("Accepting connections failed", { error });
    }
    this.#announced = true;
    this.#timer = setTimeout(() => this.#retry(address), this.#pauseMs);
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_RETRY_MS);
  }

  /** Stops accepting, and waits for requests under way: not for a peer that never closes its socket. */
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
