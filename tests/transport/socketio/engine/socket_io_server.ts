import { Server, type ServerOptions } from "socket.io";
import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import { DenoEngine, type EngineOptions } from "../../../../src/transport/socketio/engine/mod.ts";

export type Transports = ("polling" | "websocket")[];

/** npm `socket.io` on the engine, with the official client. */
export class SocketIoServer implements AsyncDisposable {
  readonly engine: DenoEngine;
  readonly io: Server;
  readonly url: string;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #clients: Socket[] = [];

  constructor(options: Partial<ServerOptions> = {}, engineOptions: EngineOptions = {}) {
    this.engine = new DenoEngine(engineOptions);
    this.io = new Server(options);
    this.io.bind(this.engine);
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request, info) => this.engine.handle(request, info),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  client(transports: Transports, options: Partial<ManagerOptions & SocketOptions> = {}): Socket {
    const client = io(this.url, { transports, forceNew: true, reconnectionDelay: 10, ...options });
    this.#clients.push(client);
    return client;
  }

  /** Returns a connected client. */
  async connect(transports: Transports): Promise<Socket> {
    const client = this.client(transports);
    await new Promise<void>((resolve, reject) => {
      client.once("connect", resolve);
      client.once("connect_error", reject);
    });
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.engine.drain();
    await this.io.close();
    await this.#server.shutdown();
  }
}
