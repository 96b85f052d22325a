import type { AppError } from "../../core/errors.ts";
import type { CloseReason, Sink } from "../../realtime/connection.ts";
import type { Frame } from "../../realtime/outbound.ts";
import { CLOSE_CODES } from "../close_codes.ts";
import { Lull } from "./lull.ts";
import { wsCodec } from "./ws_codec.ts";

/** Asking the runtime how much waits costs as much as a small send: it is asked once per so much. */
const CHECK_EVERY_BYTES = 64 * 1024;

/** A native WebSocket as the hub sees it. */
export class WsSink implements Sink {
  readonly codec = wsCodec;
  readonly #lull = new Lull();
  #unchecked = 0;
  #closing = false;

  constructor(private readonly socket: WebSocket, private readonly maxBufferedBytes: number) {}

  /** Cuts off a reader for whom more than the limit waits: it reconnects and catches up. */
  write(frame: Frame): void {
    const text = frame as string;
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.#unchecked += text.length;
    if (this.#unchecked > CHECK_EVERY_BYTES) {
      this.#unchecked = 0;
      if (this.socket.bufferedAmount > this.maxBufferedBytes) return this.closeNow("slow_reader");
    }
    this.socket.send(text);
  }

  /** From then on nothing that the peer says counts any more. */
  get isClosing(): boolean {
    return this.#closing || this.socket.readyState > WebSocket.OPEN;
  }

  /** The peer has said something. */
  heard(): void {
    this.#lull.heard();
  }

  /** Once the peer pauses, so that it learns the code; but no slow reader is waited for. */
  close(reason: CloseReason, error?: AppError): void {
    if (reason === "slow_reader") return this.closeNow(reason, error);
    if (this.isClosing) return;
    this.#closing = true;
    this.#lull.wait(() => this.closeNow(reason, error));
  }

  /** To be called when the socket has closed. */
  end(): void {
    this.#lull.end();
  }

  /** Best in answer to what the peer has said, for then it is not saying more. */
  closeNow(reason: CloseReason, error?: AppError): void {
    this.#closing = true;
    if (this.socket.readyState > WebSocket.OPEN) return;
    // RFC 6455, section 5.5: a close reason has at most 123 bytes.
    this.socket.close(CLOSE_CODES[reason], error?.code ?? reason);
  }
}
