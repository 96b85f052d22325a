import type { IncomingMessage } from "node:http";
import type { Agent, RequestOptions } from "node:https";
import {
  type HttpAnswer,
  MAX_ANSWER_BYTES,
  post,
  type PostRequest,
  readStart,
} from "./http_post.ts";
import { publicAddressesOf, publicLookup, type Resolve } from "./public_lookup.ts";
import { requestBySocket } from "./socket_request.ts";
import { untilAborted } from "./until_aborted.ts";

/** Maximum number of sockets to one host; callers send fewer requests at once. */
const MAX_SOCKETS = 16;

const AGENT_OPTIONS = { keepAlive: true, maxSockets: MAX_SOCKETS, timeout: 60_000 };

/**
 * Before Deno 2.6 node:https accepts no lookup: there the name is checked first, and fetch resolves
 * it again.
 */
const HAS_SOCKET_LOOKUP = !/^2\.[0-5]\./.test(Deno.version.deno);

/**
 * POSTs to hosts that users chose: connects only to public addresses. Redirects are not followed.
 *
 * `fetch` would resolve the name itself, a second time, so node:https is used, whose sockets accept
 * a custom lookup. The first request loads that module, so that the start of the server does not wait
 * for it.
 */
export class PublicPoster {
  #agent: Agent | null = null;
  readonly #lookup;

  constructor(private readonly resolve?: Resolve) {
    this.#lookup = publicLookup(resolve);
  }

  /** Throws `PrivateAddress`, the signal's reason, or the connection's error. */
  async post(
    url: URL,
    { headers, body, signal, maxAnswerBytes }: PostRequest,
  ): Promise<HttpAnswer> {
    // Also rejects a host that a socket from the pool could still reach.
    await untilAborted(publicAddressesOf(url.hostname, this.resolve), signal);
    if (!HAS_SOCKET_LOOKUP) return await post(url, { headers, body, signal, maxAnswerBytes });
    const { Agent } = await import("node:https");
    const request = {
      method: "POST",
      agent: this.#agent ??= new Agent(AGENT_OPTIONS),
      // The types of Node's `lookup` require more overloads than sockets use.
      lookup: this.#lookup as unknown as RequestOptions["lookup"],
      headers: { ...headers, "content-length": String(body.length) },
      body,
      signal,
      maxBytes: maxAnswerBytes ?? MAX_ANSWER_BYTES,
    };
    return await requestBySocket(url, request, (answer) => answerOf(answer, maxAnswerBytes));
  }

  close(): void {
    this.#agent?.destroy();
  }
}

async function answerOf(answer: IncomingMessage, maxBytes?: number): Promise<HttpAnswer> {
  const headers = new Headers();
  const retryAfter = answer.headers["retry-after"];
  if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
  const body = await readStart(answer, maxBytes);
  return { status: answer.statusCode ?? 0, headers, body };
}
