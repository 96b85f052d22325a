import { AppError } from "../../src/core/errors.ts";
import { systemClock } from "../../src/core/clock.ts";
import { jsonLog } from "../../src/core/log.ts";
import type { Caller, Visitor } from "../../src/model/caller.ts";
import { CommandTable } from "../../src/transport/command_table.ts";
import type { HelloServices } from "../../src/transport/hello.ts";
import { SocketAdmission } from "../../src/transport/socket_admission.ts";
import { SocketIoTransport } from "../../src/transport/socketio/socketio_transport.ts";
import { WsTransport } from "../../src/transport/ws/ws_transport.ts";
import { World } from "../realtime/world.ts";

const LIMITS = {
  frameBytes: 65_536,
  socketBufferBytes: 1_048_576,
  helloTimeMs: 60_000,
  socketsPerUser: 10,
};

/**
 * `/ws` and `/socket.io/` in front of a real hub, whose services answer a hello when the test
 * decides. A token is the id of its user, and that of "invalid" is not valid.
 */
export class HeldTransports implements AsyncDisposable {
  readonly world = new World();
  readonly log: string[] = [];
  /** Users who connected to the hub and disconnected, in order. */
  readonly presence: string[] = [];
  readonly admission: SocketAdmission;
  readonly services: HelloServices;
  readonly ws: WsTransport;
  readonly socketio: SocketIoTransport;
  readonly url: string;
  /** Number of hellos in progress. */
  waiting = 0;
  #gate: PromiseWithResolvers<void> | null = null;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor({ socketsBeforeHello = 100 } = {}) {
    this.admission = new SocketAdmission({
      socketsPerAddress: 100,
      socketsBeforeHello,
      memoryBytes: 0,
    });
    const { hub } = this.world;
    this.world.beforeArrival = () => this.#answer();
    hub.listen({
      onFirstConnection: (userId) => this.presence.push(`+${userId}`),
      onLastConnection: (userId) => this.presence.push(`-${userId}`),
    });
    this.services = {
      charge: () => Promise.resolve(),
      chargeFurther: () => Promise.resolve(),
      authenticate: (token) => {
        if (token !== "invalid") return Promise.resolve(callerOf(token));
        return Promise.reject(new AppError("unauthenticated", "The token is not valid"));
      },
      catchUp: {} as HelloServices["catchUp"],
      hub,
      clock: systemClock,
      limits: LIMITS,
    };
    const options = {
      commands: new CommandTable([], null as never),
      services: this.services,
      log: jsonLog("warn", (line) => this.log.push(line)),
      corsOrigins: "*",
      publicUrl: null,
      limits: LIMITS,
      admission: this.admission,
    } as const;
    this.ws = new WsTransport(options);
    this.socketio = new SocketIoTransport({ ...options, trustedProxy: null, polling: true });
    const visitor = { address: "127.0.0.1", userAgent: "", requestId: "r" } as Visitor;
    this.#server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen() {} },
      (request, info) =>
        new URL(request.url).pathname === "/ws"
          ? this.ws.upgrade(request, visitor)
          : this.socketio.handle(request, info),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}`;
  }

  get webSocketUrl(): string {
    return `${this.url.replace("http", "ws")}/ws`;
  }

  /** Holds all hellos until the returned function is called, which lets them fail or continue. */
  hold(): (failure?: Error) => void {
    const gate = this.#gate = Promise.withResolvers<void>();
    gate.promise.catch(() => {});
    return (failure) => {
      this.#gate = null;
      if (failure) gate.reject(failure);
      else gate.resolve();
    };
  }

  async #answer(): Promise<void> {
    this.waiting++;
    try {
      await this.#gate?.promise;
    } finally {
      this.waiting--;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.world.hub.closeAll("restart");
    this.ws.closeAll();
    await Promise.all([this.ws.closed(200), this.socketio.drain()]);
    await this.#server.shutdown();
  }
}

function callerOf(userId: string): Caller {
  return { userId, sessionId: `session of ${userId}`, tokenExpiresAt: Infinity } as Caller;
}
