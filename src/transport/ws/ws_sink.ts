import type { AppError } from "../../core/errors.ts";
import type { CloseReason, Sink } from "../../realtime/connection.ts";
import type { Frame } from "../../realtime/outbound.ts";
import { CLOSE_CODES } from "../close_codes.ts";
import { wsCodec } from "./ws_codec.ts";

/** Asking the runtime how much waits costs as much as a small send: it is asked once per so much. */
const CHECK_EVERY_BYTES = 64 * 1024;

/** A native WebSocket as the hub sees it. */
export class WsSink implements Sink {
  readonly codec = wsCodec;
  #unchecked = 0;

  constructor(private readonly socket: WebSocket, private readonly maxBufferedBytes: number) {}

  /** Cuts off a reader for whom more than the limit waits: it reconnects and catches up. */
  write(frame: Frame): void {
    const text = frame as string;
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.#unchecked += text.length;
    if (this.#unchecked > CHECK_EVERY_BYTES) {
      this.#unchecked = 0;
      if (this.socket.bufferedAmount > this.maxBufferedBytes) return this.close("slow_reader");
    }
    this.socket.send(text);
  }

  close(reason: CloseReason, error?: AppError): void {
    if (this.socket.readyState > WebSocket.OPEN) return;
    // RFC 6455, section 5.5: a close reason has at most 123 bytes.
    this.socket.close(CLOSE_CODES[reason], error?.code ?? reason);
  }
}
