import { io, type ManagerOptions, type Socket, type SocketOptions } from "socket.io-client";
import type { WireEvent } from "../../src/model/event.ts";
import { within } from "./within.ts";
import type { ReplyError } from "./ws_client.ts";

/** Timeout of a wait in milliseconds: a test that exceeds it fails instead of hanging. */
const LONGEST_MS = 60_000;

export type Transports = ("polling" | "websocket")[];

// deno-lint-ignore no-explicit-any -- tests read answers as deeply as they like
export type SocketIoReply = { ok: boolean; data?: any; error?: ReplyError };

export interface SocketIoClientOptions extends Partial<ManagerOptions & SocketOptions> {
  transports?: Transports;
}

/** The error of a `connect_error` that the server sent. */
export interface RefusedConnection extends Error {
  data?: ReplyError;
}

/**
 * The official client on the transport `/socket.io/`: it keeps the events that it receives, in
 * order, in the shape that `/ws` uses. Its timers outlive its close a little: a test needs
 * `sanitizeOps: false`.
 */
export class SocketIoClient implements AsyncDisposable {
  readonly events: WireEvent[] = [];
  /** The server's greeting of each connection, first to last. */
  // deno-lint-ignore no-explicit-any -- tests read answers as deeply as they like
  readonly welcomes: any[] = [];
  /** Reason of each disconnect. */
  readonly disconnects: string[] = [];
  onEvent: (event: WireEvent) => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.on("disconnect", (reason) => this.disconnects.push(reason));
    socket.onAny((event, rest) => {
      if (event === "hello") return void this.welcomes.push(rest);
      const received = { event, ...rest } as WireEvent;
      this.events.push(received);
      this.onEvent(received);
    });
  }

  /**
   * Returns a client that is still connecting; by WebSocket by default, and without reconnection.
   */
  static open(
    url: string,
    auth: object | ((give: (data: object) => void) => void),
    options: SocketIoClientOptions = {},
  ): SocketIoClient {
    const usual = { transports: ["websocket"], forceNew: true, reconnection: false };
    return new SocketIoClient(io(url, { ...usual, auth, ...options }));
  }

  /** Resolves once the server sent its greeting; throws the error of a refusal. */
  static async connect(
    url: string,
    token: string,
    options: SocketIoClientOptions & { cursors?: Record<string, number>; compact?: boolean } = {},
  ): Promise<SocketIoClient> {
    const { cursors, compact, ...rest } = options;
    const auth = { token, ...(cursors && { cursors }), ...(compact && { compact }) };
    const client = SocketIoClient.open(url, auth, rest);
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

  /** Resolves with the code of the refusal. Fails if the connection was accepted. */
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

  /**
   * Sends a command and resolves with its reply; `ok: false` without an error when the connection
   * broke meanwhile.
   */
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

  /** Resolves with the reason of the disconnect. */
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
