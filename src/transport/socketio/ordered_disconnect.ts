import process from "node:process";

type OnData = (packet: unknown) => void;

/** The part of an engine's socket that is used here. */
export interface DataEmitter {
  listeners(event: "data"): unknown[];
  off(event: "data", listener: OnData): unknown;
  on(event: "data", listener: OnData): unknown;
}

/** The Socket.IO packet that leaves the main namespace. */
const DISCONNECT = "1";

/**
 * Delays what follows a DISCONNECT until socket.io has handled it, which is a tick later: it
 * handles a CONNECT at once, and closes the connection of a client whose socket is still open. Deno
 * delivers frames that arrived together within one tick. Call it once socket.io listens on `conn`.
 */
export function orderDisconnects(conn: DataEmitter): void {
  const listener = conn.listeners("data").at(-1) as OnData;
  let held: unknown[] | null = null;
  const deliver = (packet: unknown): void => {
    if (held !== null) return void held.push(packet);
    listener(packet);
    if (packet !== DISCONNECT) return;
    held = [];
    process.nextTick(release);
  };
  const release = (): void => {
    const packets = held ?? [];
    held = null;
    packets.forEach(deliver);
  };
  conn.off("data", listener);
  conn.on("data", deliver);
}
