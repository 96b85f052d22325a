import { withDeadline } from "./deadline.ts";
import { rateLimited } from "./errors.ts";
import { OpenBody } from "./open_body.ts";

/** Limits of one instance; times in milliseconds. */
export interface OpenBodyLimits {
  /** Maximum number of one person's bodies that are open at a time. */
  perPerson: number;
  /** Maximum number of all people's bodies that are open at a time. */
  total: number;
  /** Maximum number of one person's requests that wait for another body to end. */
  waiting: number;
  waitMs: number;
  /** A body not read from for this long may be cut to make room for another. */
  idleMs: number;
  /** A body not read from for this long is cut by the next one. */
  abandonedMs: number;
}

/** A waiting request looks again this often, in ms, whether a body has become idle. */
const LOOK_MS = 500;

/**
 * Bounds the bodies of responses that are open at a time: each holds memory, a file or a connection
 * to S3, for as long as its client likes. One that is not read gives way to others.
 */
export class OpenBodies {
  readonly #open = new Set<OpenBody>();
  readonly #waiting = new Map<string, number>();
  #ended = Promise.withResolvers<void>();

  /** `refusal` is the beginning of the error's text, like "Cannot download". */
  constructor(private readonly refusal: string, private readonly limits: OpenBodyLimits) {}

  /** Throws `rate_limited` if there is no room for another body of this person in time. */
  async enter(owner: string): Promise<OpenBody> {
    this.#cutAbandoned();
    return this.#tryEnter(owner) ?? await this.#waitForRoom(owner);
  }

  #tryEnter(owner: string): OpenBody | null {
    if (!this.#hasRoom(owner)) return null;
    const body = new OpenBody(owner, () => {
      this.#open.delete(body);
      this.#ended.resolve();
      this.#ended = Promise.withResolvers();
    });
    this.#open.add(body);
    return body;
  }

  async #waitForRoom(owner: string): Promise<OpenBody> {
    const { waiting, waitMs } = this.limits;
    const count = this.#waiting.get(owner) ?? 0;
    if (count >= waiting) throw this.#tooMany();
    this.#waiting.set(owner, count + 1);
    try {
      for (const start = performance.now(); performance.now() - start < waitMs;) {
        await withDeadline(this.#ended.promise, LOOK_MS).catch(() => {});
        const body = this.#tryEnter(owner);
        if (body) return body;
      }
    } finally {
      const left = this.#waiting.get(owner)! - 1;
      if (left > 0) this.#waiting.set(owner, left);
      else this.#waiting.delete(owner);
    }
    throw this.#tooMany();
  }

  /** Cuts one idle body where there would be no room. */
  #hasRoom(owner: string): boolean {
    const own = [...this.#open].filter((body) => body.owner === owner);
    if (own.length >= this.limits.perPerson) return this.#cutIdle(own);
    return this.#open.size < this.limits.total || this.#cutIdle([...this.#open]);
  }

  #cutIdle(bodies: OpenBody[]): boolean {
    const [longest] = bodies.sort((a, b) => b.idleMs - a.idleMs);
    if (longest.idleMs < this.limits.idleMs) return false;
    longest.cut();
    return true;
  }

  #cutAbandoned(): void {
    for (const body of this.#open) {
      if (body.idleMs >= this.limits.abandonedMs) body.cut();
    }
  }

  #tooMany(): Error {
    const message = `${this.refusal}: too many responses are open that were not read yet`;
    return rateLimited(message, this.limits.waitMs);
  }
}
