import type { Config } from "../../config.ts";
import { delay } from "../../core/delay.ts";
import { AppError, quote } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { isOriginAllowed } from "../../http/cors.ts";
import type { Visitor } from "../../model/caller.ts";
import type { CommandTable } from "../command_table.ts";
import type { HelloServices } from "../hello.ts";
import { WsSession } from "./ws_session.ts";

export const SUBPROTOCOL = "realtimechat.v1";

export interface WsDoorOptions {
  commands: CommandTable;
  services: HelloServices;
  log: Log;
  /** Web pages that may connect; clients that are no browsers send no Origin. */
  corsOrigins: Config["corsOrigins"];
  /** Pages of this server itself may connect too: by this address, or the one they asked for. */
  publicUrl: Config["publicUrl"];
  limits: {
    frameBytes: number;
    socketBufferBytes: number;
    helloTimeMs: number;
  };
}

/**
 * Pings this often, and drops a peer that does not answer in as long: half of what proxies commonly
 * allow a silent connection.
 */
const IDLE_SECONDS = 30;

/** For close frames to arrive. */
const SETTLE_MS = 100;

/** The door `/ws`: a WebSocket upgrade on Deno's own server. */
export class WsDoor {
  readonly #sessions = new Set<WsSession>();

  constructor(private readonly options: WsDoorOptions) {}

  /** Sockets that are open, whether or not they have said hello. */
  get size(): number {
    return this.#sessions.size;
  }

  upgrade(request: Request, visitor: Visitor): Response {
    this.#check(request);
    const offered = request.headers.get("sec-websocket-protocol")?.split(",") ?? [];
    const { socket, response } = shakeHands(request);
    // Deno's own option throws for a list without blanks after its commas.
    if (offered.some((name) => name.trim() === SUBPROTOCOL)) {
      response.headers.set("sec-websocket-protocol", SUBPROTOCOL);
    }
    const session = new WsSession(socket, { ...visitor, door: "ws" }, this.options);
    this.#sessions.add(session);
    session.onEnd = () => this.#sessions.delete(session);
    return response;
  }

  /** Closes those who have not said hello yet; the hub closes the others. */
  closeAll(): void {
    for (const session of [...this.#sessions]) session.close("restart");
  }

  /** Resolves when all peers have answered the close, or have had time to. */
  async closed(withinMs = 2_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (this.#sessions.size > 0 && performance.now() < deadline) {
      await delay(5);
    }
    // A process that ends with unread bytes resets its connections, and close frames are lost.
    await delay(SETTLE_MS);
  }

  #check(request: Request): void {
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      throw new AppError("invalid_request", "Opening /ws: this is not a WebSocket upgrade");
    }
    // Deno does not look at it. (RFC 6455, section 4.2.1.)
    const version = request.headers.get("sec-websocket-version");
    if (version !== "13") {
      const about = `Opening /ws: Sec-WebSocket-Version must be 13, not ${quote(version ?? "")}`;
      throw new AppError("invalid_request", about);
    }
    if (!isOriginAllowed(request, this.options)) {
      throw new AppError("forbidden", "Opening /ws: pages of this Origin may not connect");
    }
  }
}

/** Deno throws where the handshake lacks something: that is the client's fault, and none of ours. */
function shakeHands(request: Request): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: IDLE_SECONDS });
  } catch (cause) {
    const about = `Opening /ws: the handshake is not complete: ${(cause as Error).message}`;
    throw new AppError("invalid_request", about, { cause });
  }
}
