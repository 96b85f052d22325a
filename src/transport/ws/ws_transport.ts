import { delay } from "../../core/delay.ts";
import { AppError } from "../../core/errors.ts";
import { isOriginAllowed } from "../../http/cors.ts";
import type { Visitor } from "../../model/caller.ts";
import { isWebSocketUpgrade, requireWebSocketVersion } from "../../http/web_socket_version.ts";
import type { WsTransportOptions } from "./ws_options.ts";
import { WsSession } from "./ws_session.ts";

export const SUBPROTOCOL = "realtimechat.v1";

/**
 * Seconds of silence after which Deno ends a connection. It pings after half of them, which is half
 * of the silence that proxies commonly allow a connection.
 */
const IDLE_SECONDS = 60;

/** Milliseconds for close frames to arrive. */
const SETTLE_MS = 100;

/** The transport `/ws`: a WebSocket upgrade on Deno's own server. */
export class WsTransport {
  /** Sessions that count for the server. */
  readonly #sessions = new Set<WsSession>();
  /** Sessions whose connection has not ended, even if they are closed already. */
  readonly #connected = new Set<WsSession>();

  constructor(private readonly options: WsTransportOptions) {}

  /** Number of open sockets, before and after hello. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Number of connections that have not ended, including those that are closing. */
  get connections(): number {
    return this.#connected.size;
  }

  /** Bytes that peers have not read, including connections that are closing. */
  get waitingBytes(): number {
    let bytes = 0;
    for (const session of this.#connected) bytes += session.waitingBytes;
    return bytes;
  }

  upgrade(request: Request, visitor: Visitor): Response {
    this.#check(request);
    this.options.admission.check(visitor.address);
    const { socket, response } = shakeHands(request);
    this.#open(socket, visitor);
    return response;
  }

  #open(socket: WebSocket, visitor: Visitor): void {
    const slot = this.options.admission.enter(visitor.address);
    const session = new WsSession(socket, { ...visitor, transport: "ws" }, this.options, {
      greeted: () => slot.greeted(),
      released: () => {
        slot.release();
        this.#sessions.delete(session);
      },
      ended: () => this.#connected.delete(session),
    });
    this.#sessions.add(session);
    this.#connected.add(session);
  }

  /** Closes sockets that have not completed hello; the hub closes the others. */
  closeAll(): void {
    for (const session of [...this.#sessions]) session.close("restart");
  }

  /**
   * Resolves once all peers have answered the close or the time limit has passed; drops the others.
   */
  async closed(withinMs = 2_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.#connected.size > 0 && performance.now() < deadline) {
      await delay(5);
    }
    for (const session of [...this.#connected]) session.drop();
    // A process that ends with unread bytes resets its connections, and close frames are lost.
    await delay(SETTLE_MS);
  }

  #check(request: Request): void {
    if (!isWebSocketUpgrade(request.headers)) {
      throw new AppError(
        "upgrade_required",
        "Cannot open /ws: the request is no WebSocket upgrade",
      );
    }
    requireWebSocketVersion(request.headers);
    if (!isOriginAllowed(request, this.options)) {
      throw new AppError("forbidden", "Cannot open /ws: pages of this Origin may not connect");
    }
  }
}

/**
 * Accepts the handshake. Deno throws if it is incomplete, which is the client's fault. The response
 * is returned unchanged: its headers are immutable up to Deno 2.5, and a process whose upgrade
 * response is not returned ends there.
 */
function shakeHands(request: Request): Deno.WebSocketUpgrade {
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  // Deno finds a protocol only in a list separated by a comma and one blank, as browsers send it.
  const protocol = offered.split(", ").includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
  try {
    const upgrade = Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS, protocol });
    if (protocol === undefined) nameSubprotocol(upgrade.response, offered);
    return upgrade;
  } catch (cause) {
    const message = `Cannot open /ws: the handshake is not complete: ${(cause as Error).message}`;
    throw new AppError("invalid_request", message, { cause });
  }
}

/**
 * Names the subprotocol for lists in any other form (RFC 6455, section 4.2.2), if this version of
 * Deno allows it. Never throws.
 */
function nameSubprotocol({ headers }: Response, offered: string): void {
  if (!offered.split(",").some((name) => name.trim() === SUBPROTOCOL)) return;
  try {
    headers.set("sec-websocket-protocol", SUBPROTOCOL);
  } catch {
    // Deno 2.5: the client gets no subprotocol, and may go on without one.
  }
}
