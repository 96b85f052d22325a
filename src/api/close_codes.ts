/** The reason for which the server closes a socket. */
export type CloseReason =
  | "restart"
  | "unavailable"
  | "unauthenticated"
  | "bad_frame"
  | "slow_reader"
  | "rate_limited";

/** WebSocket close codes of the protocol: they say whether reconnecting makes sense. */
export const CLOSE_CODES: Readonly<Record<CloseReason, number>> = {
  restart: 1012,
  unavailable: 1013,
  unauthenticated: 4001,
  bad_frame: 4002,
  slow_reader: 4008,
  rate_limited: 4029,
};
