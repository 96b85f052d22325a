/**
 * The part of a WebSocket that the client uses. The platform's class fits, and so does that of the
 * npm package `ws`.
 */
export interface WebSocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  onclose: unknown;
}

/** The class that creates a WebSocket. */
export type WebSocketClass = new (url: string, protocol: string) => WebSocketLike;

/** The part of `fetch` that the client uses. */
export type FetchFunction = (
  url: string,
  init: {
    method?: string;
    headers?: Record<string, string>;
    // deno-lint-ignore no-explicit-any
    body?: any;
    // deno-lint-ignore no-explicit-any
    signal?: any;
  },
) => Promise<{ readonly ok: boolean; readonly status: number }>;
