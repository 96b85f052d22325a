/** The transport of a request. Rules never depend on it; logs and audits name it. */
export type TransportName = "rest" | "ws" | "socketio";

/** A client that has not signed in. */
export interface Visitor {
  transport: TransportName;
  address: string;
  userAgent: string;
  requestId: string;
}

/** The authenticated caller: the token is verified and its session is alive. */
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
