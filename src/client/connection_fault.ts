import { ChatError } from "./chat_error.ts";
import { misuse } from "./misuse.ts";
import type { Rest } from "./rest.ts";

/** Path of an operation that only this server refuses with its own error. */
const NEEDS_SESSION = "/api/users/profile";

export interface UnopenedSocket {
  rest: Rest;
  url: string;
  /** True if the previous attempt did not open either. */
  again: boolean;
}

/** Servers that have answered over HTTP since the last connection that opened. */
const answering = new WeakSet<Rest>();

/**
 * Returns the error of a WebSocket that does not open although the network works, or null if the
 * network may be the cause. A proxy is named as the cause only if the server had responded over
 * HTTP before the attempt: a starting server serves HTTP first, and a lost network may have just
 * returned.
 */
export async function socketFault(
  { rest, url, again }: UnopenedSocket,
): Promise<ChatError | null> {
  const error = await rest.raw(NEEDS_SESSION, {}).then(notOurs, (error: ChatError) => error);
  if (error.code === "bad_answer" || error.code === "misuse") return error;
  const didAnswer = again && answering.has(rest);
  if (error.code === "unauthenticated") answering.add(rest);
  else answering.delete(rest);
  if (!didAnswer || error.code !== "unauthenticated") return null;
  return misuse(
    "connect",
    `${url} answers over HTTP, but no WebSocket opens at ${url}/ws. A proxy has to pass upgrades there`,
  );
}

/**
 * Distinguishes a server that does not admit the page's origin from one that cannot be reached: for
 * a page both are the same failed request, but a request without CORS reaches the former.
 */
export async function originFault(url: string): Promise<ChatError | null> {
  const { location } = globalThis;
  if (!location || location.origin === new URL(url).origin) return null;
  try {
    await fetch(`${url}/healthz`, { mode: "no-cors" });
  } catch {
    return null;
  }
  return misuse(
    "reach the server",
    `${url} does not admit pages of ${location.origin}. Add that to CORS_ORIGINS of the server`,
  );
}

async function notOurs(response: Response): Promise<ChatError> {
  await response.body?.cancel().catch(() => {});
  return new ChatError("bad_answer", "url is that of another server: it has no RealTimeChat API");
}
