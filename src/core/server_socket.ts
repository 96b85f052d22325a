/**
 * Functions that Deno's server side of a WebSocket lacks, by its private members. Each is skipped
 * if a Deno no longer has them; tests/core/server_socket_test.ts fails then.
 *
 * - `close` drops the connection at the peer's next frame, and unread bytes make the kernel reset it: a
 *   peer that is writing gets no close frame, and sees code 0 or 1006. The socket therefore keeps reading
 *   until the peer has answered the close.
 * - There is no `terminate`: a peer that ignores the close keeps its connection for as long as it likes.
 */

/** `WebSocket.OPEN` of the private state. */
const OPEN = 1;

/** Milliseconds for a peer to answer a close frame, before its connection is dropped. */
export const CLOSE_ANSWER_MS = 5_000;

/** Sends the close frame and reads on: `onmessage` still receives messages, until `onclose`. */
export function closeAndReadOn(socket: WebSocket, code?: number, reason?: string): void {
  if (socket.readyState !== WebSocket.OPEN) return socket.close(code, reason);
  socket.close(code, reason);
  const state = privateSymbol(socket, "[[readyState]]");
  if (state !== undefined) Object.assign(socket, { [state]: OPEN });
}

/** Drops the connection without a close frame. Returns false if this Deno offers no way. */
export function dropConnection(socket: WebSocket): boolean {
  const rid = privateSymbol(socket, "[[rid]]");
  const { core } = (Deno as unknown as Internals)[(Deno as unknown as Internals).internal] ?? {};
  if (rid === undefined || core?.tryClose === undefined) return false;
  core.tryClose((socket as unknown as Record<symbol, number>)[rid]);
  return true;
}

interface Internals {
  internal: symbol;
  [internal: symbol]: { core?: { tryClose?(rid: number): void } } | undefined;
}

function privateSymbol(socket: WebSocket, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(socket).find((symbol) => symbol.description === description);
}
