/** What the client uses of a WebSocket. The platform's fits, as does that of the npm package `ws`. */
export interface WebSocketLike {
  readonly readyState: number;
  send(text: string): void;
  close(): void;
  onopen: unknown;
  onmessage: unknown;
  onerror: unknown;
  onclose: unknown;
}

/** The class to make a WebSocket with. */
export type WebSocketClass = new (url: string, protocol: string) => WebSocketLike;

/** What the client uses of `fetch`. */
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
