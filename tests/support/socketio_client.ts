import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import type { WireEvent } from "../../src/model/event.ts";
import { within } from "./within.ts";
import type { ReplyError } from "./ws_client.ts";

/** A test that waits for longer fails, instead of hanging. */
const LONGEST_MS = 60_000;

export type Transports = ("polling" | "websocket")[];

// deno-lint-ignore no-explicit-any -- tests read answers as deeply as they like
export type SocketIoReply = { ok: boolean; data?: any; error?: ReplyError };

export interface SocketIoClientOptions extends Partial<ManagerOptions & SocketOptions> {
  transports?: Transports;
}

/** The error of a `connect_error` that the server made. */
export interface RefusedConnection extends Error {
  data?: ReplyError;
}

/**
 * The official client at the door `/socket.io/`: it keeps what it hears, in order, in the shape in
 * which `/ws` sends it. Its timers outlive its close a little: a test needs `sanitizeOps: false`.
 */
export class SocketIoClient implements AsyncDisposable {
  readonly events: WireEvent[] = [];
  /** What the server said of each connection, first to last. */
  // deno-lint-ignore no-explicit-any -- tests read answers as deeply as they like
  readonly welcomes: any[] = [];
  /** Why it was disconnected, each time. */
  readonly disconnects: string[] = [];
  onEvent: (event: WireEvent) => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on("disconnect", (reason) => this.disconnects.push(reason));
    socket.onAny((event, rest) => {
      if (event === "hello") return void this.welcomes.push(rest);
      const heard = { event, ...rest } as WireEvent;
      this.events.push(heard);
      this.onEvent(heard);
    });
  }

  /** A client that is still connecting; by WebSocket unless told otherwise, and without reconnection. */
  static open(url: string, auth: object, options: SocketIoClientOptions = {}): SocketIoClient {
    const usual = { transports: ["websocket"], forceNew: true, reconnection: false };
    return new SocketIoClient(io(url, { ...usual, auth, ...options }));
  }

  /** Resolves once it was greeted; throws what it was refused with. */
  static async connect(
    url: string,
    token: string,
    options: SocketIoClientOptions & { cursors?: Record<string, number> } = {},
  ): Promise<SocketIoClient> {
    const { cursors, ...rest } = options;
    const client = SocketIoClient.open(url, { token, ...(cursors && { cursors }) }, rest);
    try {
      await client.greeted();
      return client;
    } catch (error) {
      client.socket.close();
      throw error;
    }
  }

  greeted(): Promise<void> {
    const greeted = new Promise<void>((resolve, reject) => {
      this.socket.once("hello", () => resolve());
      this.socket.once("connect_error", reject);
    });
    return within("it is greeted or refused", greeted, LONGEST_MS);
  }

  /** With the code of what refused it. Fails if it was let in. */
  async refused(): Promise<RefusedConnection> {
    try {
      await this.greeted();
    } catch (error) {
      return error as RefusedConnection;
    } finally {
      this.socket.close();
    }
    throw new Error("The connection was not refused");
  }

  /** A command and its answer; `ok: false` without an error when the connection broke meanwhile. */
  async command(name: string, ...data: unknown[]): Promise<SocketIoReply> {
    try {
      return await this.socket.emitWithAck(name, ...data);
    } catch {
      return { ok: false };
    }
  }

  get transport(): string {
    return this.socket.io.engine.transport.name;
  }

  /** Resolves with the reason for which the socket is not connected any more. */
  async closed(): Promise<string> {
    if (this.socket.connected) {
      const closed = new Promise((resolve) => this.socket.once("disconnect", resolve));
      await within("it is disconnected", closed, LONGEST_MS);
    }
    return this.disconnects.at(-1)!;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = this.socket.connected ? this.closed() : undefined;
    this.socket.close();
    await gone;
  }
}
