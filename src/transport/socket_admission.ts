import { AppError } from "../core/errors.ts";
import { networkOf } from "../operations/rate_key.ts";

export interface SocketAdmissionLimits {
  /** Maximum number of sockets of one address (an IPv4 address, or the /64 of an IPv6 address). */
  socketsPerAddress: number;
  /** Maximum number of an address's sockets that have not completed hello. */
  socketsBeforeHello: number;
  /** Memory of the process in bytes above which no socket is admitted; 0 means no limit. */
  memoryBytes: number;
}

/** The place of one socket in the counts, from its opening until it is closed. */
export interface SocketSlot {
  /** Moves the socket from the count of sockets before hello to that of its account. */
  greeted(): void;
  /** Releases the place. Safe to call twice. */
  release(): void;
}

/**
 * Milliseconds for which a reading of the memory is cached: a reading takes some microseconds, too
 * long to repeat for each socket of a flood.
 */
const MEMORY_FOR_MS = 100;
/** Seconds, for `Retry-After`. */
const RETRY_DRAINING = 1;
const RETRY_MEMORY = 10;
const RETRY_COUNT = 5;

/**
 * Decides whether a socket may be opened, on either transport. Deno buffers up to 64 MiB of a frame
 * before it passes the frame on, so only the number of sockets and the memory of the process can be
 * bounded. A connection without an address (a Unix socket) comes from a proxy and is not counted.
 */
export class SocketAdmission {
  readonly #open = new Map<string, number>();
  readonly #silent = new Map<string, number>();
  #refused = 0;
  #draining = false;
  #memory = { bytes: 0, at: -Infinity };

  /** `memory` returns the bytes that the process occupies; replaceable for tests. */
  constructor(
    private readonly limits: SocketAdmissionLimits,
    private readonly memory: () => number = () => Deno.memoryUsage().rss,
  ) {}

  /** Number of sockets that were refused. */
  get refused(): number {
    return this.#refused;
  }

  /** Number of addresses with open sockets. */
  get addresses(): number {
    return this.#open.size;
  }

  /** Refuses every further socket as `unavailable`, because the server is stopping. */
  drain(): void {
    this.#draining = true;
  }

  /** Throws `unavailable` or `rate_limited` if a socket from this address may not be opened now. */
  check(address: string): void {
    const refusal = this.#refusal(networkOf(address));
    if (refusal === null) return;
    this.#refused++;
    throw refusal;
  }

  /** Counts an open socket whatever the limits: callers use `check` first. */
  enter(address: string): SocketSlot {
    const network = networkOf(address);
    if (address === "unknown") return UNCOUNTED;
    return new CountedSlot(network, this.#open, this.#silent);
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

/** The place of a socket without an address. */
const UNCOUNTED: SocketSlot = { greeted() {}, release() {} };

/** Counts its socket until it is released. */
class CountedSlot implements SocketSlot {
  #isOpen = true;
  #isSilent = true;

  constructor(
    private readonly network: string,
    private readonly open: Map<string, number>,
    private readonly silent: Map<string, number>,
  ) {
    add(open, network, 1);
    add(silent, network, 1);
  }

  greeted(): void {
    if (this.#isSilent) add(this.silent, this.network, -1);
    this.#isSilent = false;
  }

  release(): void {
    this.greeted();
    if (this.#isOpen) add(this.open, this.network, -1);
    this.#isOpen = false;
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
