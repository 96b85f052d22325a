import type { DefaultEventsMap, Socket } from "socket.io";

/** A Socket.IO socket whose `data` holds its session once hello has started. */
export type ChatSocket<Session = unknown> = Socket<
  DefaultEventsMap,
  DefaultEventsMap,
  DefaultEventsMap,
  { session?: Session }
>;
