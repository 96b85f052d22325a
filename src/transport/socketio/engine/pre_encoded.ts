import type { Socket } from "engine.io";
import { WebSocketTransport } from "./websocket_transport.ts";

/**
 * Writes a message that is encoded already, `"4"` (the packet type) and all, as in
 * `'42["message.created",{…}]'` for a Socket.IO event of the main namespace.
 *
 * It is for writing one message to many sessions: encode it once, and give the very same string to
 * each. On a WebSocket it goes straight to the connection, past the packet objects, events and copies
 * that a write costs otherwise; Deno frames it natively. Before the connection is open, during an
 * upgrade and on long-polling it takes the usual way. The order among a session's writes is kept.
 * A closed session ignores it. The engine's `packetCreate`, `flush` and `drain` events do not fire on
 * the short way, and Socket.IO's connection state recovery does not record what it never saw.
 *
 * `socket` is the engine's: `socket.conn` of a Socket.IO socket.
 */
export function writePreEncoded(socket: Socket, packet: string): void {
  if (socket.readyState !== "open") return;
  const { transport } = socket;
  const direct = transport instanceof WebSocketTransport && transport.writable &&
    (socket as unknown as { writeBuffer: unknown[] }).writeBuffer.length === 0;
  if (direct) transport.sendFrame(packet);
  else socket.write(packet.slice(1));
}

/** The engine packet of a Socket.IO event without binary data or acknowledgement, for any number of sockets. */
export function encodeEvent(event: string, args: unknown[], namespace = "/"): string {
  const prefix = namespace === "/" ? "42" : `42${namespace},`;
  return prefix + JSON.stringify([event, ...args]);
}
