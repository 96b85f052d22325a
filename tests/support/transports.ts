import type { ReplyError } from "./ws_client.ts";
import type { Operation } from "../../src/api/operation.ts";
import { HttpClient } from "./http_client.ts";
import type { RunningApp } from "./running_app.ts";
import { SocketIoClient } from "./socketio_client.ts";
import { WsClient } from "./ws_client.ts";

/** Result of an operation, in one shape for every transport. */
export interface Outcome {
  ok: boolean;
  // deno-lint-ignore no-explicit-any -- tests read answers as deeply as they like
  data?: any;
  error?: ReplyError;
}

export type Input = Record<string, unknown>;

/** A client of one transport. */
export interface TransportClient extends AsyncDisposable {
  run(operation: Operation, input: Input): Promise<Outcome>;
}

/**
 * A transport. A new one needs an entry in `TRANSPORTS`; the tests of all transports then cover it.
 */
export interface TestTransport {
  name: string;
  offers(operation: Operation): boolean;
  open(app: RunningApp, token: string): Promise<TransportClient>;
}

const rest: TestTransport = {
  name: "REST",
  offers: (operation) => operation.rest !== undefined,
  open(app, token) {
    const http = new HttpClient(app.url, token);
    return Promise.resolve({
      run: (operation, input) => overRest(http, operation, input),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
};

const ws: TestTransport = {
  name: "/ws",
  offers: (operation) => operation.socket === true,
  async open(app, token) {
    const { client } = await WsClient.connect(app.webSocketUrl, token);
    return {
      run: (operation, input) => client.command(operation.name, input),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  },
};

const socketIo: TestTransport = {
  name: "Socket.IO",
  offers: (operation) => operation.socket === true,
  async open(app, token) {
    const client = await SocketIoClient.connect(app.url, token);
    return {
      run: (operation, input) => client.command(operation.name, input),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    };
  },
};

export const TRANSPORTS: readonly TestTransport[] = [rest, ws, socketIo];

/** Path parameters, then the query of a GET or the body of any other method. */
async function overRest(http: HttpClient, operation: Operation, input: Input): Promise<Outcome> {
  const { method, path: template } = operation.rest!;
  const fields = { ...input };
  const path = template.replaceAll(/:([^/]+)/g, (_, name) => {
    const value = fields[name];
    delete fields[name];
    // An empty segment would be another route.
    return inUrl(value ?? "missing") || "%20";
  });
  const query = method === "GET" ? `?${queryOf(fields)}` : "";
  const body = method === "GET" ? undefined : fields;
  const answer = await http.send(method, `/api${path}${query}`, body);
  const ok = answer.status < 400;
  return ok ? { ok, data: answer.body ?? {} } : { ok, error: answer.body };
}

function queryOf(fields: Input): string {
  return Object.entries(fields).flatMap(([name, value]) =>
    (Array.isArray(value) && value.length > 0 ? value : [value])
      .map((one) => `${encodeURIComponent(name)}=${inUrl(one)}`)
  ).join("&");
}

/**
 * A lone surrogate has no UTF-8 encoding: it is sent as the bytes that a careless client would
 * send.
 */
function inUrl(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value) ?? "";
  return text.isWellFormed() ? encodeURIComponent(text) : "%ED%A0%80";
}
