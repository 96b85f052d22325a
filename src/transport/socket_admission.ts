import { AppError } from "../core/errors.ts";
import { networkOf } from "../operations/rate_key.ts";

export interface SocketAdmissionLimits {
  /** Sockets of one address (an IPv4 address, or the /64 of an IPv6 address). */
  socketsPerAddress: number;
  /** Those of them that have not said hello. */
  socketsBeforeHello: number;
  /** Bytes of memory of the process, above which no socket is let in; 0 is no ceiling. */
  memoryBytes: number;
}

/** The place of one socket in the counts, from its opening to the moment that it is closed. */
export interface SocketSlot {
  /** It has said hello, and counts for its person from now on. */
  greeted(): void;
  /** Safe to call twice. */
  release(): void;
}

/** Reading it takes some microseconds: a flood must not ask for each socket. */
const MEMORY_FOR_MS = 100;
/** For `Retry-After`, in seconds. */
const RETRY_DRAINING = 1;
const RETRY_MEMORY = 10;
const RETRY_COUNT = 5;

/**
 * Who may open a socket, on whichever transport: Deno holds up to 64 MiB of a frame before it shows it, so
 * that the number of sockets, and the memory of the process, are what can be bounded. A connection without
 * an address (a Unix socket) is a proxy's, and is not counted.
 */
export class SocketAdmission {
  readonly #open = new Map<string, number>();
  readonly #silent = new Map<string, number>();
  #refused = 0;
  #draining = false;
  #memory = { bytes: 0, at: -Infinity };

  /** `memory`: bytes that the process occupies, for tests. */
  constructor(
    private readonly limits: SocketAdmissionLimits,
    private readonly memory: () => number = () => Deno.memoryUsage().rss,
  ) {}

  /** Sockets that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Addresses that have sockets open. */
  get addresses(): number {
    return this.#open.size;
  }

  /** From now on every socket is refused as `unavailable`: the server is stopping. */
  drain(): void {
    this.#draining = true;
  }

  /** Throws `unavailable` or `rate_limited` where a socket from this address may not be opened now. */
  check(address: string): void {
    const refusal = this.#refusal(networkOf(address));
    if (refusal === null) return;
    this.#refused++;
    throw refusal;
  }

  /** Counts a socket that is open, whatever the limits: `check` comes before it. */
  enter(address: string): SocketSlot {
    const network = networkOf(address);
    if (address === "unknown") return { greeted() {}, release() {} };
    add(this.#open, network, 1);
    add(this.#silent, network, 1);
    let [open, silent] = [true, true];
    const greeted = () => {
      if (silent) add(this.#silent, network, -1);
      silent = false;
    };
    const release = () => {
      greeted();
      if (open) add(this.#open, network, -1);
      open = false;
    };
    return { greeted, release };
  }

  #refusal(network: string): AppError | null {
    const { socketsPerAddress, socketsBeforeHello, memoryBytes } = this.limits;
    if (this.#draining) {
      return refusal("unavailable", "this server is stopping", RETRY_DRAINING);
    }
    if (memoryBytes > 0 && this.#bytes() > memoryBytes) {
      return refusal("unavailable", "the memory for sockets is used up", RETRY_MEMORY);
    }
    if ((this.#open.get(network) ?? 0) >= socketsPerAddress) {
      const reason = `this address has its ${socketsPerAddress} sockets open`;
      return refusal("rate_limited", reason, RETRY_COUNT);
    }
    if ((this.#silent.get(network) ?? 0) >= socketsBeforeHello) {
      const reason = `${socketsBeforeHello} sockets of this address have not said hello`;
      return refusal("rate_limited", reason, RETRY_COUNT);
    }
    return null;
  }

  #bytes(): number {
    const now = performance.now();
    if (now - this.#memory.at > MEMORY_FOR_MS) this.#memory = { bytes: this.memory(), at: now };
    return this.#memory.bytes;
  }
}

function refusal(code: "unavailable" | "rate_limited", reason: string, retryAfter: number) {
  return new AppError(code, `Cannot open a socket: ${reason}`, { retryAfter });
}

function add(counts: Map<string, number>, key: string, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count > 0) counts.set(key, count);
  else counts.delete(key);
}
