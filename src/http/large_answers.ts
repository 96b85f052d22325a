import { LARGE_BYTES, LargeBody } from "../core/large_body.ts";
import { OpenBodies } from "../core/open_bodies.ts";

const LIMITS = {
  perPerson: 12,
  total: 200,
  waiting: 24,
  waitMs: 30_000,
  idleMs: 5_000,
  abandonedMs: 60_000,
};

/**
 * Limits the number of large JSON responses that clients have not read to the end. The server holds
 * such a response in memory, so a client that requests many and reads none could use up the memory.
 */
export class LargeAnswers {
  readonly #bodies = new OpenBodies("Cannot answer", LIMITS);

  /** Returns the same response with a body that can be cut, if it is large. */
  async hold(owner: string, response: Response): Promise<Response> {
    const { status, statusText, headers } = response;
    if (Number(headers.get("content-length")) < LARGE_BYTES) return response;
    const bytes = new Uint8Array(await response.arrayBuffer());
    const open = await this.#bodies.enter(owner);
    return new Response(open.start(new LargeBody(bytes).stream), { status, statusText, headers });
  }
}
