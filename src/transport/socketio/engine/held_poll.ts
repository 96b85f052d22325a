import type { Socket } from "engine.io";
import { type Exchange, textResponse } from "./exchange.ts";

/** Milliseconds to wait for a frame that was sent before a poll but is read after it. */
const UPGRADE_FRAME_MS = 50;

/**
 * Holds a poll until the frame that completes the upgrade would have arrived, and then calls
 * `goOn`. A client sends that frame on one connection and its next requests on another, so the
 * server may read them in either order.
 */
export function holdPoll(exchange: Exchange, socket: Socket, goOn: () => void): void {
  const letGo = () => {
    clearTimeout(timer);
    socket.off("upgrade", end);
    socket.off("close", end);
  };
  const end = () => {
    letGo();
    goOn();
  };
  const timer = setTimeout(end, UPGRADE_FRAME_MS);
  socket.once("upgrade", end);
  socket.once("close", end);
  exchange.onAbort(() => {
    letGo();
    exchange.answer(textResponse("Aborted", 400));
  });
}
