import type { Scope } from "./api_key.ts";

/** The transport of a request. Rules never depend on it; logs and audits name it. */
export type TransportName = "rest" | "ws" | "socketio";

/** A client that has not signed in. */
export interface Visitor {
  transport: TransportName;
  address: string;
  userAgent: string;
  requestId: string;
  /** The API key of a server that calls; absent for everybody else. */
  key?: CallerKey;
}

export interface CallerKey {
  id: string;
  scopes: readonly Scope[];
}

/** A server that calls with an API key, and not in a person's name. */
export interface ServerCaller extends Visitor {
  key: CallerKey;
  userId: null;
}

/**
 * The authenticated caller: the token is verified and its session is alive. With a `key`, a server
 * acts in this person's name, and there is no session: `sessionId` is empty.
 */
export interface Caller extends Visitor {
  userId: string;
  sessionId: string;
  /** When identity was last proved in this session. */
  authenticatedAt: number;
  /** Expiry of the token; a socket opened with it is closed then. */
  tokenExpiresAt: number;
}

const MAX_USER_AGENT = 256;

/**
 * Returns the part of a User-Agent that is stored: it is client input, and part of each session and
 * audit entry.
 */
export function userAgentOf(header: string | null | undefined): string {
  return header?.slice(0, MAX_USER_AGENT) ?? "";
}
