import { Transport } from "engine.io";
import { CLOSE_ANSWER_MS, closeAndReadOn, dropConnection } from "../../../core/server_socket.ts";
import type { EngineRequest, Exchange } from "./exchange.ts";
import { guard, type OnFault } from "./guard.ts";
import { CLOSE_SLOW_READER, CLOSE_TOO_BIG, type TransportLimits } from "./options.ts";
import type { Packet } from "./polling_transport.ts";
import { type EncodedOptions, sharedFrame } from "./shared_frame.ts";

/**
 * Asking Deno how much waits costs about as much as a small send: it is asked once per so many bytes,
 * or per `maxBufferedBytes` where that is less.
 */
const CHECK_EVERY_BYTES = 16 * 1024;

/**
 * A session's packets over Deno's native WebSocket: one packet a message, binary as it is.
 *
 * Two things the platform does not offer shape it. There is no event for a drained buffer, so the
 * transport is always writable once open, and a client that reads too slowly is cut off by the bytes
 * that wait for it. And there is no way to terminate a connection: one that does not answer a close is
 * dropped some seconds later by Deno's private parts, and lingers where those are missing, its session
 * being long gone.
 */
export class WebSocketTransport extends Transport {
  #status: { code: number; reason: string } | null = null;
  #cutOff = false;
  #closed = false;
  #finished = false;
  #dropTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #checkEvery: number;
  /** Written since it was last asked how much waits, in UTF-16 units for text. */
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

  /** Bytes that the peer has not read, in this process. */
  get waitingBytes(): number {
    return this.ws.bufferedAmount;
  }

  /** Whether the connection is over, the closing handshake included. */
  get finished(): boolean {
    return this.#finished;
  }

  /** What `close` will tell the client; without it the close frame carries no code. */
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

  /** Sends one encoded packet as it is. */
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
    // While CONNECTING a close would be lost on the client: `#onOpen` makes it then.
    if (this.ws.readyState === WebSocket.OPEN) this.#closeConnection();
    done();
  }

  /** `engine.io` leaves a close packet unheeded here, until the heartbeat fails. */
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

  /** Drops a connection that is closed, and whose peer has not answered. */
  drop(): void {
    clearTimeout(this.#dropTimer);
    dropConnection(this.ws);
  }

  #onMessage(data: string | ArrayBuffer): void {
    // What comes after the close is read only so that the peer gets the close frame.
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

  /** Deferred: a listener of the session's end must not run amid a broadcast. */
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

  /** A session whose listener failed is in no known state, so it ends. */
  #guard(run: () => void): void {
    if (guard(this.onFault, run)) return;
    guard(this.onFault, () => this.onError("listener failed"));
    this.close();
  }
}

/** In UTF-8; counted only where the number of UTF-16 units leaves the answer open. */
function byteLength(data: string | ArrayBuffer, limit: number): number {
  if (typeof data !== "string") return data.byteLength;
  const open = data.length <= limit && data.length * 3 > limit;
  return open ? new TextEncoder().encode(data).byteLength : data.length;
}
