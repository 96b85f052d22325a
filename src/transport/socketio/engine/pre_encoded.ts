import type { Socket } from "engine.io";
import { WebSocketTransport } from "./websocket_transport.ts";

/**
 * Writes a message that is already encoded, including the packet type `"4"`, as in
 * `'42["message.created",{…}]'` for a Socket.IO event of the main namespace.
 *
 * Use it to write one message to many sessions: encode it once, and pass the same string to each.
 * On a WebSocket it goes straight to the connection, without the packet objects, events and copies
 * of an ordinary write; Deno frames it natively. Before the connection is open, during an upgrade
 * and on long-polling it is written the ordinary way. The order of a session's writes is kept. A
 * closed session ignores it. The fast path does not fire the engine's `packetCreate`, `flush` and
 * `drain` events, and Socket.IO's connection state recovery does not record its messages.
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

/**
 * Returns the engine packet of a Socket.IO event without binary data or acknowledgement, for any
 * number of sockets.
 */
export function encodeEvent(event: string, args: unknown[], namespace = "/"): string {
  const prefix = namespace === "/" ? "42" : `42${namespace},`;
  return prefix + JSON.stringify([event, ...args]);
}
