import type { Socket } from "engine.io";
import type { Packet } from "./polling_transport.ts";

/**
 * Bounds the data that waits for a session that cannot be written to: between two polls, or before
 * its WebSocket is open. (`engine.io` would keep any amount.) `tooSlow` is called once, after the
 * running task, when a write finds more than `maxBytes` waiting. Returns a function that reads the
 * number of waiting bytes.
 */
export function boundBacklog(socket: Socket, maxBytes: number, tooSlow: () => void): () => number {
  let waiting = 0;
  let reported = false;
  socket.on("packetCreate", (packet: Packet) => {
    if (socket.transport.writable) return;
    if (waiting > maxBytes && !reported) {
      reported = true;
      queueMicrotask(tooSlow);
    }
    waiting += sizeOf(packet.data);
  });
  socket.on("flush", () => waiting = 0);
  return () => waiting;
}

/** Counts UTF-16 units for text: approximately the memory that it takes here. */
function sizeOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  return (data as ArrayBufferView | undefined)?.byteLength ?? 0;
}
