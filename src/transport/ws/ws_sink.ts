import type { AppError } from "../../core/errors.ts";
import { CLOSE_ANSWER_MS, closeAndReadOn, dropConnection } from "../../core/server_socket.ts";
import type { Sink } from "../../realtime/connection.ts";
import type { Frame } from "../../realtime/encoded_events.ts";
import { CLOSE_CODES, type CloseReason } from "../../api/close_codes.ts";
import { wsCodec } from "./ws_codec.ts";

/** Asking the runtime how much waits costs as much as a small send: it is asked once per so much. */
const CHECK_EVERY_BYTES = 64 * 1024;

/** For commands under way, whose answers are to precede the close. */
const ANSWERS_MS = 1_000;

export interface WsSinkOptions {
  maxBufferedBytes: number;
  /** Called once, when the socket is closed from here: it may run amid a broadcast. */
  onClosing(): void;
  /** Resolves once no command of the peer is under way; null where none is. */
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

  /** Cuts off a reader for whom more than the limit waits: it reconnects and catches up. */
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

  /** Bytes that the peer has not read, in this process. */
  get waitingBytes(): number {
    return this.socket.bufferedAmount;
  }

  /** From then on nothing that the peer says counts any more. */
  get isClosing(): boolean {
    return this.#closing !== null || this.socket.readyState > WebSocket.OPEN;
  }

  /**
   * Says why, once, after the answers of commands under way (but to a slow reader); the connection of a peer
   * that does not answer is dropped some seconds later.
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

  /** To be called when the handshake is over. */
  opened(): void {
    if (this.#closing) this.#sendClose();
  }

  /** Ends the connection, whatever the peer does. */
  drop(): void {
    clearTimeout(this.#dropTimer);
    dropConnection(this.socket);
  }

  /** To be called when the socket has closed. */
  end(): void {
    this.#isSent = true;
    clearTimeout(this.#answersTimer);
    clearTimeout(this.#dropTimer);
  }

  #sendClose(): void {
    clearTimeout(this.#answersTimer);
    // A close amid the handshake would be lost on the peer: `opened` makes it then.
    if (this.#isSent || this.socket.readyState !== WebSocket.OPEN) return;
    this.#isSent = true;
    this.#dropTimer = setTimeout(() => this.drop(), CLOSE_ANSWER_MS);
    const { code, reason } = this.#closing!;
    closeAndReadOn(this.socket, code, reason);
  }
}
