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
 *
 * ```ts
 * import assert from "node:assert/strict";
 * import { DenoEngine } from "./mod.ts";
 *
 * const engine = new DenoEngine();
 * const packet = encodeEvent("message.created", [{ text: "Hello" }]);
 * engine.on("connection", (session) => writePreEncoded(session, packet));
 * const server = Deno.serve(
 *   { port: 0, hostname: "127.0.0.1", onListen() {} },
 *   (request, info) => engine.handle(request, info),
 * );
 *
 * const socket = new WebSocket(`ws://127.0.0.1:${server.addr.port}/?EIO=4&transport=websocket`);
 * const frame = await new Promise((done) => {
 *   socket.onmessage = ({ data }) => data === packet && done(data);
 * });
 * assert.equal(frame, '42["message.created",{"text":"Hello"}]');
 *
 * await engine.drain();
 * await server.shutdown();
 * ```
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
 *
 * ```ts
 * import assert from "node:assert/strict";
 *
 * assert.equal(encodeEvent("typing", ["Ann"]), '42["typing","Ann"]');
 * assert.equal(encodeEvent("typing", ["Ann"], "/team"), '42/team,["typing","Ann"]');
 * ```
 */
export function encodeEvent(event: string, args: unknown[], namespace = "/"): string {
  const prefix = namespace === "/" ? "42" : `42${namespace},`;
  return prefix + JSON.stringify([event, ...args]);
}
