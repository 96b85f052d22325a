import type { Config } from "../../config.ts";
import { AppError } from "../../core/errors.ts";
import { addressReader, peerOf } from "../../http/client_address.ts";
import { isOriginAllowed } from "../../http/cors.ts";
import { isWebSocketUpgrade, requireWebSocketVersion } from "../../http/web_socket_version.ts";
import type { SocketIoServer, SocketIoServerOptions } from "./socketio_server.ts";

export interface SocketIoTransportOptions extends Omit<SocketIoServerOptions, "addressOf"> {
  /** Origins of web pages that may connect; clients that are not browsers send no Origin. */
  corsOrigins: Config["corsOrigins"];
  /**
   * Pages of this server may connect too: from this URL, or from the host that the request names.
   */
  publicUrl: Config["publicUrl"];
  trustedProxy: Config["trustedProxy"];
}

/**
 * The transport `/socket.io/`, the counterpart of `/ws`. The first request loads its packages, so
 * that other requests do not wait for them. The HTTP middleware sets CORS headers, as for every
 * response.
 */
export class SocketIoTransport {
  readonly #addressOf: SocketIoServerOptions["addressOf"];
  #loading: Promise<SocketIoServer> | null = null;
  #server: SocketIoServer | null = null;
  #draining = false;

  constructor(private readonly options: SocketIoTransportOptions) {
    const read = addressReader(options.trustedProxy);
    this.#addressOf = ({ headers }, info) => read(headers, peerOf(info));
  }

  /** Number of connected clients, with or without a verified token. */
  get size(): number {
    return this.#server?.size ?? 0;
  }

  /** Bytes that clients have not read yet. */
  get waitingBytes(): number {
    return this.#server?.waitingBytes ?? 0;
  }

  async handle(request: Request, info: Deno.ServeHandlerInfo): Promise<Response> {
    if (isWebSocketUpgrade(request.headers)) requireWebSocketVersion(request.headers);
    if (!isOriginAllowed(request, this.options)) {
      throw new AppError(
        "forbidden",
        "Cannot open /socket.io/: pages of this Origin may not connect",
      );
    }
    // Further requests of an existing session are served whatever the counts are.
    if (!new URL(request.url).searchParams.has("sid")) {
      this.options.admission.check(this.#addressOf(request, info));
    }
    const server = this.#server ?? await this.#load();
    return await server.handle(request, info);
  }

  /** Refuses new clients, and makes the connected ones reconnect elsewhere. */
  async drain(): Promise<void> {
    this.#draining = true;
    const server = await this.#loading?.catch(() => null);
    await server?.drain();
  }

  #load(): Promise<SocketIoServer> {
    if (this.#draining) {
      throw new AppError("unavailable", "Cannot open /socket.io/: this server is stopping");
    }
    return this.#loading ??= this.#import();
  }

  async #import(): Promise<SocketIoServer> {
    try {
      const { SocketIoServer } = await import("./socketio_server.ts");
      return this.#server = new SocketIoServer({ ...this.options, addressOf: this.#addressOf });
    } catch (error) {
      // A failed load is forgotten, so that the next request tries again.
      this.#loading = null;
      throw error;
    }
  }
}
