import { HasherBusy, type PasswordHasher } from "./password_hasher.ts";
import { type HashOrigin, PasswordQueue } from "./password_queue.ts";
import type { HashJob, HashResult } from "./password_worker.ts";

interface Waiting {
  job: HashJob;
  resolve: (value: string | boolean) => void;
  reject: (error: Error) => void;
}

/**
 * Queue limits. A bcrypt hash takes about 200 ms in one of two workers: the last of 200 waits 20 s.
 */
const MAX_WAITING = { person: 20, network: 100, all: 200 };

/** An origin for work without one: unique, so that each such job takes a separate turn. */
const uniqueOrigin = (): HashOrigin => ({ network: "", person: crypto.randomUUID() });

/**
 * Runs bcrypt in workers: on the main thread eight logins would stall every socket for 0.8 s, in
 * two workers the longest stall is 7 ms. The workers start with the first password.
 */
export class BcryptHasher implements PasswordHasher {
  readonly #idle: Worker[] = [];
  readonly #busy = new Map<Worker, Waiting>();
  readonly #queue = new PasswordQueue<Waiting>(MAX_WAITING);
  #dummy: Promise<string> | null = null;

  /** `cost` is the binary logarithm of the rounds; `size` is the number of workers. */
  constructor(private readonly cost: number, private readonly size = 2) {}

  async hash(password: string, from = uniqueOrigin()): Promise<string> {
    return await this.#run({ type: "hash", password, cost: this.cost }, from) as string;
  }

  async verify(password: string, hash: string | null, from = uniqueOrigin()): Promise<boolean> {
    // Awaited even when not needed, so that the first check also takes as long for accounts that
    // exist.
    const standIn = await this.#standIn();
    const against = hash ?? standIn;
    const same = await this.#run({ type: "verify", password, hash: against }, from);
    return same === true && hash !== null;
  }

  isOutdated(hash: string): boolean {
    return Number(hash.split("$")[2]) !== this.cost;
  }

  close(): void {
    for (const worker of [...this.#idle, ...this.#busy.keys()]) worker.terminate();
    const unanswered = [...this.#busy.values(), ...this.#queue.drain()];
    this.#idle.length = 0;
    this.#busy.clear();
    for (const { reject } of unanswered) {
      reject(new Error("Cannot hash the password: the hasher was closed"));
    }
  }

  /**
   * Returns a hash of a random password, at the current cost, to compare with when there is no
   * hash.
   */
  #standIn(): Promise<string> {
    return this.#dummy ??= this.hash(crypto.randomUUID()).catch((error) => {
      this.#dummy = null;
      throw error;
    });
  }

  #run(job: HashJob, from: HashOrigin): Promise<string | boolean> {
    return new Promise((resolve, reject) => {
      const queued = this.#queue.push(from, { job, resolve, reject });
      if (queued === false) return reject(new HasherBusy());
      if (queued !== true) queued.reject(new HasherBusy());
      this.#next();
    });
  }

  #next(): void {
    if (this.#queue.size === 0) return;
    const worker = this.#idle.pop() ?? this.#spawn();
    if (!worker) return;
    const waiting = this.#queue.shift()!;
    const { job, resolve, reject } = waiting;
    this.#busy.set(worker, waiting);
    worker.onmessage = ({ data }: MessageEvent<HashResult>) => {
      this.#busy.delete(worker);
      this.#idle.push(worker);
      if ("error" in data) reject(new Error(data.error));
      else resolve(data.value);
      this.#next();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      this.#busy.delete(worker);
      worker.terminate();
      reject(new Error(`The password worker failed: ${event.message}`));
      this.#next();
    };
    worker.postMessage(job);
  }

  #spawn(): Worker | null {
    if (this.#busy.size >= this.size) return null;
    return new Worker(new URL("./password_worker.ts", import.meta.url), { type: "module" });
  }
}
