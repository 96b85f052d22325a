import { parser, Transport } from "engine.io";
import { LARGE_BYTES, LargeBody } from "../../../core/large_body.ts";
import { guard, type OnFault } from "./guard.ts";
import { BodyReader, BodyTooLarge } from "./body.ts";
import {
  type EngineRequest,
  type Exchange,
  type OutgoingHeaders,
  textResponse,
} from "./exchange.ts";

export type Packet = Parameters<Transport["send"]>[0][number];

/** Milliseconds that an orderly close waits for a poll to carry it; the value of `engine.io`. */
const CLOSE_TIMEOUT_MS = 30_000;

/**
 * Milliseconds for which a session that its client closed stays open for a poll that the client may
 * have sent just before on another connection: such a poll must be answered and not refused.
 */
const POLL_IN_FLIGHT_MS = 50;

/** Milliseconds in which the client of a closed session may still read its last large response. */
const LAST_READ_MS = 5_000;

/**
 * HTTP long-polling on fetch-style requests. A GET is one deferred response with packets for the
 * client; a POST carries packets from it. Two concurrent requests of either kind are a protocol
 * error, because their order would be undefined.
 */
export class PollingTransport extends Transport {
  #heardAt = performance.now();
  #poll: Exchange | null = null;
  #posting: BodyReader | null = null;
  /** Set while an orderly close waits for the poll that carries it. */
  #whenClosed: (() => void) | null = null;
  #closeTimer: ReturnType<typeof setTimeout> | undefined;
  /** Runs while a session that its client closed waits for a last poll. */
  #lingering: ReturnType<typeof setTimeout> | undefined;
  /** The last large response. */
  #large: LargeBody | null = null;

  constructor(
    first: Exchange,
    private readonly maxPayload: number,
    private readonly onFault: OnFault,
  ) {
    super(first as unknown as EngineRequest);
  }

  override get name(): string {
    return "polling";
  }

  /** Milliseconds since the client's last packet, or since the session was opened. */
  get silence(): number {
    return performance.now() - this.#heardAt;
  }

  override onRequest(exchange: Exchange): void {
    if (exchange.method === "GET") this.#onPoll(exchange);
    else if (exchange.method === "POST") this.#onPost(exchange).catch(this.#failed(exchange));
    else exchange.answer(textResponse("Method not allowed", 405, { allow: "GET, POST" }));
  }

  override send(packets: Packet[]): void {
    const whenClosed = this.#whenClosed;
    this.#whenClosed = null;
    this.writable = false;
    const all = whenClosed ? [...packets, { type: "close" } as Packet] : packets;
    parser.encodePayload(all, (payload: string) => this.#answerPoll(payload));
    whenClosed?.();
  }

  override doClose(done: () => void = () => {}): void {
    this.#posting?.cancel();
    const finish = () => {
      clearTimeout(this.#closeTimer);
      done();
      this.onClose();
    };
    if (this.writable) {
      this.send([{ type: "close" }]);
      finish();
    } else if (this.discarded || this.listenerCount("close") === 0) {
      // The session is gone, so a later poll would be refused before it reached this transport.
      finish();
    } else {
      this.#whenClosed = finish;
      this.#closeTimer = setTimeout(() => guard(this.onFault, finish), CLOSE_TIMEOUT_MS);
    }
  }

  protected override onPacket(packet: Packet): void {
    this.#heardAt = performance.now();
    super.onPacket(packet);
  }

  protected override onClose(): void {
    clearTimeout(this.#lingering);
    this.#lingering = undefined;
    if (this.writable) this.send([{ type: "noop" }]);
    const large = this.#large;
    if (large?.isUnread) Deno.unrefTimer(setTimeout(() => large.cut(), LAST_READ_MS));
    super.onClose();
  }

  #onPoll(exchange: Exchange): void {
    if (this.#poll) {
      this.onError("overlap from client");
      exchange.answer(textResponse("Overlapping polls", 400));
      return;
    }
    if (this.#large?.isUnread) {
      // A client polls again once it has the whole response; others would gather them in memory.
      this.#large.cut();
      this.onError("the last response was not read");
      exchange.answer(textResponse("The last response was not read", 400));
      return;
    }
    this.#poll = exchange;
    exchange.onAbort(() => guard(this.onFault, () => this.#onPollAborted(exchange)));
    this.writable = true;
    this.emit("ready");
    if (this.#lingering !== undefined) this.onClose();
    if (this.writable && this.#whenClosed) this.send([{ type: "noop" }]);
  }

  #onPollAborted(exchange: Exchange): void {
    if (this.#poll !== exchange) return;
    this.#poll = null;
    this.writable = false;
    this.discard();
    exchange.answer(textResponse("Aborted", 400));
    this.onError("poll connection closed prematurely");
  }

  #answerPoll(payload: string): void {
    const poll = this.#poll;
    if (!poll) return;
    this.#poll = null;
    poll.answer(this.#payloadResponse(payload, this.#headers(poll)));
    this.emit("drain");
  }

  #payloadResponse(payload: string, headers: OutgoingHeaders): Response {
    if (payload.length < LARGE_BYTES) return textResponse(payload, 200, headers);
    const bytes = new TextEncoder().encode(payload);
    this.#large = new LargeBody(bytes);
    const length = String(bytes.length);
    return textResponse(this.#large.stream, 200, { ...headers, "content-length": length });
  }

  async #onPost(exchange: Exchange): Promise<void> {
    if (this.#posting) {
      this.onError("data request overlap from client");
      exchange.answer(textResponse("Overlapping posts", 400));
    } else if (exchange.headers["content-type"] === "application/octet-stream") {
      this.onError("invalid content");
      exchange.answer(textResponse("Binary packets are base64 within text", 400));
    } else {
      this.#posting = new BodyReader(exchange.request, this.maxPayload);
      exchange.answer(await this.#receive(exchange, this.#posting));
    }
  }

  /**
   * Ends the session after a listener threw while the POST was handled, because its state is
   * unknown.
   */
  #failed(exchange: Exchange): (error: unknown) => void {
    return (error) => {
      this.onFault(error);
      guard(this.onFault, () => this.onError("listener failed", error));
      exchange.answer(textResponse("Internal error", 500));
    };
  }

  /** A lost packet would break the session's order, so every failure here ends the session. */
  async #receive(exchange: Exchange, body: BodyReader): Promise<Response> {
    let payload: string;
    try {
      payload = await body.text();
    } catch (error) {
      this.#posting = null;
      const tooLarge = error instanceof BodyTooLarge;
      this.onError(tooLarge ? "payload too large" : "data request could not be read", error);
      return textResponse(tooLarge ? error.message : "Unreadable body", tooLarge ? 413 : 400);
    }
    this.#posting = null;
    if (this.readyState !== "open") return textResponse("The session was closed", 400);
    if (!this.#dispatch(payload)) return textResponse("Malformed payload", 400);
    return textResponse("ok", 200, this.#headers(exchange));
  }

  /** Returns false for an invalid payload. Packets before the fault have been delivered by then. */
  #dispatch(payload: string): boolean {
    for (const packet of parser.decodePayload(payload)) {
      if (packet.type === "close") {
        this.#closedByClient();
        return true;
      }
      this.onPacket(packet);
      if (packet.type === "error") return false;
    }
    return true;
  }

  #closedByClient(): void {
    if (this.writable) return this.onClose();
    this.readyState = "closing";
    this.#lingering = setTimeout(
      () => guard(this.onFault, () => this.onClose()),
      POLL_IN_FLIGHT_MS,
    );
  }

  #headers(exchange: Exchange): OutgoingHeaders {
    const headers: OutgoingHeaders = {};
    this.emit("headers", headers, exchange);
    return headers;
  }
}
