/** Through which door a request came. Rules never depend on it; logs and audits name it. */
export type TransportName = "rest" | "ws" | "socketio";

/** Who asks before they have signed in. */
export interface Visitor {
  door: TransportName;
  address: string;
  userAgent: string;
  requestId: string;
}

/** Who asks, once a token has been verified and its session found alive. */
export interface Caller extends Visitor {
  userId: string;
  sessionId: string;
  /** When identity was last proved in this session. */
  authenticatedAt: number;
  /** When the token runs out: a socket that was opened with it is closed then. */
  tokenExpiresAt: number;
}

const MAX_USER_AGENT = 256;

/** What is kept of a User-Agent: it comes from the client, and lies in each session and audit entry. */
export function userAgentOf(header: string | null | undefined): string {
  return header?.slice(0, MAX_USER_AGENT) ?? "";
}
