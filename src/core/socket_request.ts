import type { ClientRequest, IncomingMessage } from "node:http";
import type { RequestOptions } from "node:https";
import { untilAborted } from "./until_aborted.ts";

export interface SocketRequest extends RequestOptions {
  signal: AbortSignal;
  body?: Uint8Array;
  /** Bytes of the response that `read` takes at most; `MAX_AROUND` may come on top. */
  maxBytes: number;
}

/** Interim responses (RFC 9110, section 15.2) before the final one; servers send one or two. */
const MAX_INTERIM = 8;
/** Bytes of headers, trailers and chunk extensions, and of what is read ahead. */
const MAX_AROUND = 1024 * 1024;
/** Milliseconds between two looks at what has arrived: the parser of chunks has no bound. */
const LOOK_EVERY_MS = 100;

/**
 * Sends one request by node:https, and returns what `read` makes of its response. Settles when the
 * signal aborts at the latest, whatever the server sends: after `101 Switching Protocols` Node
 * reports neither a response nor an error.
 */
export async function requestBySocket<T>(
  url: URL,
  { body, maxBytes, ...options }: SocketRequest,
  read: (answer: IncomingMessage) => Promise<T>,
): Promise<T> {
  const { request } = await import("node:https");
  const { signal } = options;
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  let isAnswered = false;
  const sent = request(url, options, (answer) => {
    isAnswered = true;
    read(answer).then(resolve, reject);
  });
  sent.on("error", (error) => reject(signal.aborted ? signal.reason : error));
  sent.on("close", () => isAnswered || reject(new Error("The connection ended unanswered")));
  const stopLooking = bounded(sent, maxBytes + MAX_AROUND, reject);
  sent.end(body);
  return await untilAborted(promise, signal).finally(stopLooking);
}

/** Ends the request if the server sends what no response has. Returns a function that stops this. */
function bounded(
  sent: ClientRequest,
  maxBytes: number,
  reject: (reason: Error) => void,
): () => void {
  const refuse = (what: string) => {
    reject(new Error(`The server sent ${what}`));
    sent.destroy();
  };
  let interim = 0;
  const count = () => ++interim === MAX_INTERIM && refuse("too many interim responses");
  sent.on("continue", count).on("information", count);
  sent.on("upgrade", (_answer, socket) => {
    socket.destroy();
    refuse("another protocol");
  });
  let before: number | undefined;
  const timer = setInterval(() => {
    const read = sent.socket?.bytesRead ?? 0;
    if (read - (before ?? 0) > maxBytes) refuse(`more than ${maxBytes} bytes`);
  }, LOOK_EVERY_MS);
  sent.once("socket", (socket) => before = socket.bytesRead);
  return () => clearInterval(timer);
}
