import type { WireEvent } from "../../src/model/event.ts";
import { within } from "./within.ts";

/** Timeout of a wait in milliseconds: a test that exceeds it fails instead of hanging. */
const LONGEST_MS = 60_000;

/** Error of a reply, as a client sees it. */
export interface ReplyError {
  code: string;
  retryAfter?: number;
  detail: string;
  status: number;
}

// deno-lint-ignore no-explicit-any -- tests read answers as deeply as they like
export type Reply = { id: unknown; ok: boolean; data?: any; error?: ReplyError };

/**
 * A plain client of `/ws`: it sends on request, and keeps the frames that it receives, in order.
 */
export class WsClient implements AsyncDisposable {
  readonly events: WireEvent[] = [];
  /** Frames that are no reply to one of its commands, by their `id`. */
  readonly strays: Reply[] = [];
  onEvent: (event: WireEvent) => void = () => {};
  readonly #pending = new Map<unknown, (reply: Reply) => void>();
  /** Settles at the end of the connection, however long that takes. */
  readonly ended: Promise<{ code: number; reason: string }>;
  #nextId = 1;

  private constructor(readonly socket: WebSocket) {
    this.ended = new Promise((resolve) => {
      socket.onclose = ({ code, reason }) => {
        for (const settle of this.#pending.values()) settle({ id: null, ok: false });
        this.#pending.clear();
        resolve({ code, reason });
      };
    });
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onerror = () => {};
  }

  /** Opens a socket without sending a hello. */
  static async open(url: string, protocols = ["realtimechat.v1"]): Promise<WsClient> {
    const socket = new WebSocket(url, protocols);
    const client = new WsClient(socket);
    const opened = new Promise<void>((resolve, reject) => {
      socket.onopen = () => resolve();
      client.ended.then(({ code }) => reject(new Error(`The socket was closed with ${code}`)));
    });
    await within("the socket is open", opened, LONGEST_MS);
    return client;
  }

  /** Opens a socket and sends the hello, with `more` fields; throws if the server refuses it. */
  static async connect(
    url: string,
    token: string,
    cursors?: Record<string, number>,
    more: object = {},
  ): Promise<{ client: WsClient; welcome: NonNullable<Reply["data"]> }> {
    const client = await WsClient.open(url);
    const reply = await client.command("hello", { token, ...(cursors && { cursors }), ...more });
    if (!reply.ok) throw new Error(`The hello was refused: ${JSON.stringify(reply.error)}`);
    return { client, welcome: reply.data };
  }

  command(cmd: unknown, data?: unknown): Promise<Reply> {
    const id = this.#nextId++;
    const { promise, resolve } = Promise.withResolvers<Reply>();
    if (this.socket.readyState !== WebSocket.OPEN) return Promise.resolve({ id, ok: false });
    this.#pending.set(id, resolve);
    this.socket.send(JSON.stringify({ id, cmd, data }));
    return within(`${cmd} is answered`, promise, LONGEST_MS);
  }

  /** Rejects if the socket stays open. */
  get closed(): Promise<{ code: number; reason: string }> {
    return within("the socket is closed", this.ended, LONGEST_MS);
  }

  close(): Promise<unknown> {
    this.socket.close();
    return this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #receive(frame: WireEvent | WireEvent[] | Reply): void {
    if ("ok" in frame) {
      const settle = this.#pending.get(frame.id);
      if (!settle) return void this.strays.push(frame);
      this.#pending.delete(frame.id);
      return settle(frame);
    }
    for (const event of Array.isArray(frame) ? frame : [frame]) {
      this.events.push(event);
      this.onEvent(event);
    }
  }
}
