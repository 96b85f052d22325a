import { Transport } from "engine.io";
import { CLOSE_ANSWER_MS, closeAndReadOn, dropConnection } from "../../../core/server_socket.ts";
import type { EngineRequest, Exchange } from "./exchange.ts";
import { guard, type OnFault } from "./guard.ts";
import { CLOSE_SLOW_READER, CLOSE_TOO_BIG, type TransportLimits } from "./options.ts";
import type { Packet } from "./polling_transport.ts";
import { type EncodedOptions, sharedFrame } from "./shared_frame.ts";

/**
 * Bytes written between two readings of Deno's `bufferedAmount`, which costs about as much as a
 * small send; `maxBufferedBytes` if that is less.
 */
const CHECK_EVERY_BYTES = 16 * 1024;

/**
 * Sends a session's packets over Deno's native WebSocket: one packet per message, binary data
 * unencoded.
 *
 * Two limits of the platform determine the design. There is no event for a drained buffer, so the
 * transport is always writable once open, and a client that reads too slowly is disconnected when
 * too many bytes wait for it. And there is no way to terminate a connection: one whose peer does
 * not answer a close is dropped some seconds later through Deno's private interface, and lingers if
 * that is missing, long after its session has ended.
 */
export class WebSocketTransport extends Transport {
  #status: { code: number; reason: string } | null = null;
  #cutOff = false;
  #closed = false;
  #finished = false;
  #dropTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #checkEvery: number;
  /** Written since the last reading of the buffer, in UTF-16 units for text. */
  #unchecked = 0;

  constructor(
    first: Exchange,
    private readonly ws: WebSocket,
    private readonly limits: TransportLimits,
    private readonly onFault: OnFault,
  ) {
    super(first as unknown as EngineRequest);
    this.#checkEvery = Math.min(CHECK_EVERY_BYTES, limits.maxBufferedBytes);
    ws.binaryType = "arraybuffer";
    ws.onopen = () => this.#onOpen();
    ws.onmessage = ({ data }) => this.#guard(() => this.#onMessage(data));
    ws.onclose = () => this.#onClosed();
    ws.onerror = (event) =>
      this.#guard(() => this.onError("websocket error", (event as ErrorEvent).message));
  }

  override get name(): string {
    return "websocket";
  }

  /** Bytes in this process that the peer has not read. */
  get waitingBytes(): number {
    return this.ws.bufferedAmount;
  }

  /** True once the connection is over, including the closing handshake. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Code and reason that `close` sends; without it the close frame carries no code. */
  set closeStatus(status: { code: number; reason: string }) {
    this.#status ??= status;
  }

  override send(packets: Packet[]): void {
    for (const packet of packets) {
      const shared = sharedFrame(packet.data, packet.options as EncodedOptions | undefined);
      if (shared !== undefined) this.sendFrame(shared);
      else this.parser.encodePacket(packet, this.supportsBinary, (frame) => this.sendFrame(frame));
    }
    this.emit("drain");
  }

  /** Sends one encoded packet unchanged. */
  sendFrame(frame: string | ArrayBufferView<ArrayBuffer>): void {
    if (this.ws.readyState !== WebSocket.OPEN || this.#cutOff || this.#closed) return;
    this.#unchecked += typeof frame === "string" ? frame.length : frame.byteLength;
    if (this.#unchecked > this.#checkEvery) {
      this.#unchecked = 0;
      if (this.ws.bufferedAmount > this.limits.maxBufferedBytes) return this.#cutOffSlowReader();
    }
    this.ws.send(frame);
  }

  override doClose(done: () => void = () => {}): void {
    // A close while CONNECTING would never reach the client: `#onOpen` sends it then.
    if (this.ws.readyState === WebSocket.OPEN) this.#closeConnection();
    done();
  }

  /** Handles a close packet, which `engine.io` ignores here until the heartbeat fails. */
  protected override onPacket(packet: Packet): void {
    if (packet.type !== "close") return super.onPacket(packet);
    this.close();
    this.onClose();
  }

  #onOpen(): void {
    if (this.readyState !== "open") return this.#closeConnection();
    this.writable = true;
    this.#guard(() => this.emit("ready"));
  }

  /** Drops a closed connection whose peer has not answered. */
  drop(): void {
    clearTimeout(this.#dropTimer);
    dropConnection(this.ws);
  }

  #onMessage(data: string | ArrayBuffer): void {
    // Input after the close is read only so that the peer gets the close frame.
    if (this.readyState === "closed" || this.#closed) return;
    if (byteLength(data, this.limits.maxPayload) > this.limits.maxPayload) {
      this.closeStatus = { code: CLOSE_TOO_BIG, reason: "Message too big" };
      this.onError("payload too large");
      this.close();
      return;
    }
    this.onData(data);
  }

  /** Deno fires `close` twice after an idle timeout. */
  #onClosed(): void {
    if (this.#finished) return;
    this.#finished = true;
    clearTimeout(this.#dropTimer);
    this.writable = false;
    this.#guard(() => this.onClose());
    this.emit("finished");
  }

  /** Deferred: a listener of the session's end must not run during a broadcast. */
  #cutOffSlowReader(): void {
    this.#cutOff = true;
    this.closeStatus = { code: CLOSE_SLOW_READER, reason: "Too slow a reader" };
    queueMicrotask(() => {
      this.#guard(() => this.onError("too slow a reader"));
      this.close();
    });
  }

  #closeConnection(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#dropTimer = setTimeout(() => this.drop(), CLOSE_ANSWER_MS);
    closeAndReadOn(this.ws, this.#status?.code, this.#status?.reason);
  }

  /** Ends a session whose listener failed, because its state is unknown. */
  #guard(run: () => void): void {
    if (guard(this.onFault, run)) return;
    guard(this.onFault, () => this.onError("listener failed"));
    this.close();
  }
}

/** Returns the length in UTF-8; counted only if the number of UTF-16 units is not conclusive. */
function byteLength(data: string | ArrayBuffer, limit: number): number {
  if (typeof data !== "string") return data.byteLength;
  const open = data.length <= limit && data.length * 3 > limit;
  return open ? new TextEncoder().encode(data).byteLength : data.length;
}
