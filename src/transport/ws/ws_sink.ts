import type { AppError } from "../../core/errors.ts";
import { CLOSE_ANSWER_MS, closeAndReadOn, dropConnection } from "../../core/server_socket.ts";
import type { Sink } from "../../realtime/connection.ts";
import type { Frame } from "../../realtime/encoded_events.ts";
import { CLOSE_CODES, type CloseReason } from "../../api/close_codes.ts";
import { wsCodec } from "./ws_codec.ts";

/** Bytes written between two readings of `bufferedAmount`, which costs as much as a small send. */
const CHECK_EVERY_BYTES = 64 * 1024;

/** Milliseconds that a close waits for the replies of commands in flight. */
const ANSWERS_MS = 1_000;

export interface WsSinkOptions {
  maxBufferedBytes: number;
  /** Called once, when the server closes the socket; this may happen during a broadcast. */
  onClosing(): void;
  /** Resolves once no command of the peer is in flight; null if none is. */
  idle(): Promise<void> | null;
}

/** A native WebSocket as the hub sees it. */
export class WsSink implements Sink {
  readonly codec = wsCodec;
  #unchecked = 0;
  #closing: { code: number; reason: string } | null = null;
  #isSent = false;
  #answersTimer: ReturnType<typeof setTimeout> | undefined;
  #dropTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly socket: WebSocket, private readonly options: WsSinkOptions) {}

  /**
   * Writes a frame, or closes the socket of a reader for whom more than the limit waits: it
   * reconnects and catches up.
   */
  write(frame: Frame): void {
    const text = frame as string;
    if (this.#isSent || this.socket.readyState !== WebSocket.OPEN) return;
    this.#unchecked += text.length;
    if (this.#unchecked > CHECK_EVERY_BYTES) {
      this.#unchecked = 0;
      const { maxBufferedBytes } = this.options;
      if (this.socket.bufferedAmount > maxBufferedBytes) return this.close("slow_reader");
    }
    this.socket.send(text);
  }

  /** Bytes in this process that the peer has not read. */
  get waitingBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** Once true, input from the peer is ignored. */
  get isClosing(): boolean {
    return this.#closing !== null || this.socket.readyState > WebSocket.OPEN;
  }

  /**
   * Closes the socket with its reason, once. The replies of commands in flight are sent first,
   * except to a slow reader. If the peer does not answer the close, its connection is dropped some
   * seconds later.
   */
  close(reason: CloseReason, error?: AppError): void {
    if (this.isClosing) return;
    // RFC 6455, section 5.5: a close reason has at most 123 bytes.
    this.#closing = { code: CLOSE_CODES[reason], reason: error?.code ?? reason };
    const idle = reason === "slow_reader" ? null : this.options.idle();
    if (idle === null) this.#sendClose();
    else {
      this.#answersTimer = setTimeout(() => this.#sendClose(), ANSWERS_MS);
      void idle.then(() => this.#sendClose());
    }
    this.options.onClosing();
  }

  /** Called once the handshake is over. */
  opened(): void {
    if (this.#closing) this.#sendClose();
  }

  /** Ends the connection, whatever the peer does. */
  drop(): void {
    clearTimeout(this.#dropTimer);
    dropConnection(this.socket);
  }

  /** Called once the socket has closed. */
  end(): void {
    this.#isSent = true;
    clearTimeout(this.#answersTimer);
    clearTimeout(this.#dropTimer);
  }

  #sendClose(): void {
    clearTimeout(this.#answersTimer);
    // A close during the handshake would never reach the peer: `opened` sends it then.
    if (this.#isSent || this.socket.readyState !== WebSocket.OPEN) return;
    this.#isSent = true;
    this.#dropTimer = setTimeout(() => this.drop(), CLOSE_ANSWER_MS);
    const { code, reason } = this.#closing!;
    closeAndReadOn(this.socket, code, reason);
  }
}
