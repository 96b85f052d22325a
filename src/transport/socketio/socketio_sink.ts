import type { AppError } from "../../core/errors.ts";
import type { Sink } from "../../realtime/connection.ts";
import type { Frame } from "../../realtime/encoded_events.ts";
import { CLOSE_CODES, type CloseReason } from "../../api/close_codes.ts";
import { type DenoEngine, writePreEncoded } from "./engine/mod.ts";
import { socketIoCodec } from "./socketio_codec.ts";
import type { ChatSocket } from "./chat_socket.ts";

/**
 * A Socket.IO socket as the hub sees it. The engine itself closes the connection of a reader that
 * is too slow.
 */
export class SocketIoSink implements Sink {
  readonly codec = socketIoCodec;

  #closing = false;

  /**
   * `onClosing` is called once, when the server closes the socket; this may happen during a
   * broadcast.
   */
  constructor(
    private readonly socket: ChatSocket,
    private readonly engine: DenoEngine,
    private readonly onClosing: () => void,
  ) {}

  write(frame: Frame): void {
    if (this.#closing) return;
    const { conn } = this.socket;
    for (const packet of frame as readonly string[]) writePreEncoded(conn, packet);
  }

  /**
   * Closes the socket or its connection. A client that receives a disconnect packet does not
   * reconnect by itself, which is right if its session has ended. A client whose connection closes
   * does reconnect, which is right in every other case: after its token has expired it comes with a
   * new one, or receives a `connect_error`.
   */
  close(reason: CloseReason, error?: AppError): void {
    if (this.#closing) return;
    this.#closing = true;
    const { conn } = this.socket;
    const over = reason === "unauthenticated" && error?.code !== "token_expired";
    if (over) this.socket.disconnect();
    const flush = reason !== "slow_reader";
    this.engine.closeSession(conn, CLOSE_CODES[reason], error?.code ?? reason, { flush });
    this.onClosing();
  }
}
