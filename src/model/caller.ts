/** Through which door a request came. Rules never depend on it; logs and audits name it. */
export type Door = "rest" | "ws" | "socketio";

/** Who asks before they have signed in. */
export interface Visitor {
  door: Door;
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
