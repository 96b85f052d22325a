import type { RunningApp } from "../support/running_app.ts";
import {
  type RefusedConnection,
  SocketIoClient,
  type Transports,
} from "../support/socketio_client.ts";
import { WsClient } from "../support/ws_client.ts";

/** Every transport that accepts an access token, with its result: `ok`, or the refusal's code. */
export interface Entrance {
  name: string;
  enter(app: RunningApp, token: string): Promise<string>;
}

/** A user connected by a socket. */
export interface Held extends AsyncDisposable {
  readonly events: readonly { event: string; chatId?: string; data: unknown }[];
  command(name: string, data?: unknown): Promise<{ ok: boolean; error?: { code: string } }>;
  /** Resolves with the close code or reason once the server has closed it. */
  closed(): Promise<number | string>;
}

/** A transport with a persistent connection. */
export interface SocketEntrance extends Entrance {
  /** `hello`: the rest of what a client says when it connects, its cursors for example. */
  enter(app: RunningApp, token: string, hello?: object): Promise<string>;
  hold(app: RunningApp, token: string): Promise<Held>;
}

const rest: Entrance = {
  name: "REST",
  async enter(app, token) {
    const { status, body } = await app.client().as(token).get("/api/users/profile");
    return status === 200 ? "ok" : body.code;
  },
};

const ws: SocketEntrance = {
  name: "/ws",
  async enter(app, token, hello = {}) {
    await using client = await WsClient.open(app.webSocketUrl);
    const { ok, error } = await client.command("hello", { token, ...hello });
    return ok ? "ok" : error!.code;
  },
  async hold(app, token) {
    const { client } = await WsClient.connect(app.webSocketUrl, token);
    return {
      events: client.events,
      command: (name, data) => client.command(name, data),
      closed: async () => (await client.closed).code,
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  },
};

function socketIo(...transports: Transports): SocketEntrance {
  return {
    name: `Socket.IO by ${transports.join(", ")}`,
    async enter(app, token, hello = {}) {
      await using client = SocketIoClient.open(app.url, { token, ...hello }, { transports });
      // If the fault is the server's there is no refusal: the connection is closed.
      const closed = new Promise<string>((done) =>
        client.socket.io.once("close", () => setTimeout(done, 50, "closed"))
      );
      const refused = (error: RefusedConnection) => error.data?.code ?? String(error);
      return await Promise.race([closed, client.greeted().then(() => "ok", refused)]);
    },
    async hold(app, token) {
      const client = await SocketIoClient.connect(app.url, token, { transports });
      return {
        events: client.events,
        // The client would queue it for a connection that never opens.
        command: async (name, data = {}) =>
          client.socket.connected ? await client.command(name, data) : { ok: false },
        closed: () => client.closed(),
        [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
      };
    },
  };
}

export const SOCKETS: readonly SocketEntrance[] = [
  ws,
  socketIo("websocket"),
  socketIo("polling"),
];

export const ENTRANCES: readonly Entrance[] = [rest, ...SOCKETS];
