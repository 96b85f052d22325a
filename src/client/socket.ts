import { Backoff } from "./backoff.ts";
import { ChatError, type Problem } from "./chat_error.ts";
import type { ServerEvent } from "./events.ts";
import { fillIn } from "./full_events.ts";
import type { WebSocketClass } from "./platform.ts";
import type { SyncPageView } from "./sync_pages.ts";
import type { ProfileView } from "../api/views/user.ts";

/** `idle`: not asked to connect. `refused`: another attempt with the same session is pointless. */
export type ConnectionState = "idle" | "connecting" | "online" | "waiting" | "refused";

export interface SocketHost {
  /** Returns a valid token, newer than `stale`. Throws `signed_out` if there is none. */
  token(stale?: string): Promise<string>;
  /** Null if nothing is loaded yet, so that nothing can be caught up on. */
  cursors(): Record<string, number> | null;
  /** Called with the missed changes, before any event that follows them. */
  onHello(hello: HelloAnswer): Promise<void> | void;
  onEvent(event: ServerEvent): void;
  onState(state: ConnectionState): void;
  /** A connection ended before it was open; `again` if the previous one did too. */
  onUnopened(again: boolean): void;
}

export interface HelloAnswer {
  user: ProfileView;
  blockedUserIds: string[];
  /** Identifies the history that cursors belong to. */
  incarnation: string;
  /** Absent if no cursors were sent: there are none yet, or too many for a frame. */
  sync?: SyncPageView;
}

export interface SocketOptions {
  /** Including `/ws`. */
  url: string;
  WebSocket: WebSocketClass;
  /** Milliseconds without a frame after which a command has failed. */
  timeoutMs: number;
}

const SUBPROTOCOL = "realtimechat.v1";
const CLOSE = { restart: 1012, unauthenticated: 4001, slowReader: 4008, rateLimited: 4029 };
const RATE_LIMITED_MS = 30_000;
const HEARTBEAT_MS = 25_000;
/** Number of timeouts after which a command without a reply fails, even if other frames arrive. */
const MAX_TIMEOUTS = 4;
/** A frame may have 64 KiB, and a hello carries more than its cursors. */
const MAX_CURSORS_LENGTH = 60 * 1024;
/** `WebSocket.OPEN`, also on platforms without a WebSocket. */
const OPEN = 1;

interface Waiting {
  resolve(data: unknown): void;
  reject(error: ChatError): void;
  timer: ReturnType<typeof setTimeout>;
}

interface Answer {
  id: number;
  ok: boolean;
  data: unknown;
  error: Problem;
}

type Frame = ServerEvent | Answer;

/** One WebSocket that reconnects by itself; its close codes determine when, and whether at all. */
export class ChatSocket {
  #state: ConnectionState = "idle";
  #socket: WebSocket | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #opening: ReturnType<typeof setTimeout> | undefined;
  /** Number of consecutive connections that never opened. */
  #unopened = 0;
  /** True if the pause before the next attempt may end early. */
  #mayHurry = false;
  #heartbeat: ReturnType<typeof setInterval> | undefined;
  #nextId = 1;
  /** Time of the last frame. */
  #heardAt = 0;
  #tokenUsed: string | undefined;
  /** The refusal of the last hello: it says when to try again. */
  #refusal: ChatError | undefined;
  /** True if the token was renewed because the last one was refused. */
  #renewed = false;
  /** Whether events may leave out what `fillIn` fills in. */
  #compact: true | undefined = true;
  readonly #waiting = new Map<number, Waiting>();
  readonly #backoff = new Backoff();

  constructor(private readonly host: SocketHost, private readonly options: SocketOptions) {}

  get state(): ConnectionState {
    return this.#state;
  }

  connect(): void {
    if (this.#state !== "idle" && this.#state !== "refused") return;
    this.#renewed = false;
    globalThis.addEventListener?.("online", this.#onNetwork);
    globalThis.document?.addEventListener("visibilitychange", this.#onVisible);
    void this.#open();
  }

  close(): void {
    clearTimeout(this.#retry);
    globalThis.removeEventListener?.("online", this.#onNetwork);
    globalThis.document?.removeEventListener("visibilitychange", this.#onVisible);
    this.#setState("idle");
    this.#drop();
  }

  /**
   * Breaks the connection as a bad network would; it reconnects. For tests, and for a page that
   * wakes.
   */
  reconnect(): void {
    if (this.#state === "idle" || this.#state === "refused") return;
    clearTimeout(this.#retry);
    this.#drop();
    void this.#open();
  }

  /** Throws `offline` if there is no connection, or if it breaks before the reply. */
  request(cmd: string, data: unknown): Promise<unknown> {
    if (this.#state !== "online") {
      return Promise.reject(new ChatError("offline", `There is no connection for ${cmd}`));
    }
    return this.#send(cmd, data);
  }

  async #open(): Promise<void> {
    this.#setState("connecting");
    try {
      this.#tokenUsed = await this.host.token(this.#renewed ? this.#tokenUsed : undefined);
    } catch (error) {
      if (this.#state !== "connecting") return;
      const over = error instanceof ChatError && error.code === "signed_out";
      return over ? this.#setState("refused") : this.#wait(this.#backoff.next(error));
    }
    // A second attempt may have come first, while this one waited for its token.
    if (this.#state !== "connecting" || this.#socket) return;
    try {
      this.#dial();
    } catch {
      this.#wait(this.#backoff.next());
    }
  }

  #dial(): void {
    const socket = new this.options.WebSocket(this.options.url, SUBPROTOCOL) as WebSocket;
    this.#socket = socket;
    clearTimeout(this.#opening);
    // A network that drops packets would otherwise be noticed only after minutes.
    this.#opening = setTimeout(() => {
      if (socket === this.#socket && socket.readyState < OPEN) this.#closed(0);
    }, this.options.timeoutMs);
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => socket === this.#socket && this.#receive(data);
    socket.onerror = () => {};
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
  }

  async #greet(socket: WebSocket): Promise<void> {
    if (socket !== this.#socket) return socket.close();
    this.#unopened = -1;
    clearTimeout(this.#opening);
    try {
      const cursors = this.host.cursors();
      const fits = JSON.stringify(cursors).length < MAX_CURSORS_LENGTH;
      const known = cursors && fits ? { cursors, changedOnly: true } : {};
      const data = { token: this.#tokenUsed, compact: this.#compact, ...known };
      const answer = await this.#send("hello", data) as HelloAnswer;
      if (socket !== this.#socket) return;
      this.#backoff.reset();
      this.#renewed = false;
      await this.host.onHello(answer);
      if (socket !== this.#socket) return;
      this.#heartbeat = setInterval(() => this.#ping(socket), HEARTBEAT_MS);
      this.#setState("online");
    } catch (error) {
      if (socket === this.#socket) this.#refusal = error as ChatError;
      // A server of an earlier release refuses the field.
      if ((error as ChatError).code === "invalid_request") this.#compact = undefined;
      // The server closes after a refusal; for every other failure a new attempt is the remedy.
      if (socket === this.#socket && socket.readyState === OPEN) socket.close();
    }
  }

  #receive(text: unknown): void {
    this.#heardAt = performance.now();
    let frames: Frame[];
    try {
      frames = framesOf(text);
    } catch {
      return this.#socket!.close();
    }
    for (const frame of frames) {
      if ("event" in frame) this.host.onEvent(frame);
      else this.#answer(frame);
    }
  }

  #answer({ id, ok, data, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    clearTimeout(waiting.timer);
    if (ok) waiting.resolve(data);
    else waiting.reject(ChatError.of(error));
  }

  #send(cmd: string, data: unknown): Promise<unknown> {
    const id = this.#nextId++;
    const socket = this.#socket!;
    return new Promise((resolve, reject) => {
      const began = performance.now();
      const waiting = { resolve, reject, timer: setTimeout(() => look(), this.options.timeoutMs) };
      const look = () => {
        const left = this.#timeLeft(began);
        if (left > 0) waiting.timer = setTimeout(look, left);
        else this.#expire(id, cmd, socket);
      };
      this.#waiting.set(id, waiting);
      // A browser reports a send to a socket that is closing; its close rejects the command.
      if (socket.readyState === OPEN) socket.send(JSON.stringify({ id, cmd, data }));
    });
  }

  /** Measured from the last received frame: on a slow line a reply waits behind other frames. */
  #timeLeft(began: number): number {
    const { timeoutMs } = this.options;
    const end = Math.min(
      Math.max(began, this.#heardAt) + timeoutMs,
      began + MAX_TIMEOUTS * timeoutMs,
    );
    return end - performance.now();
  }

  #expire(id: number, cmd: string, socket: WebSocket): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.reject(new ChatError("offline", `${cmd} was not answered in time`));
    if (socket === this.#socket) this.reconnect();
  }

  /** Finds a connection that is dead without having been closed. */
  #ping(socket: WebSocket): void {
    if (socket === this.#socket) this.#send("ping", {}).catch(() => {});
  }

  #closed(code: number): void {
    this.#drop();
    const refusal = this.#refusal;
    this.#refusal = undefined;
    if (this.#state === "idle") return;
    if (++this.#unopened > 0) this.host.onUnopened(this.#unopened > 1);
    if (code === CLOSE.unauthenticated) {
      if (this.#renewed) return this.#setState("refused");
      this.#renewed = true;
      return this.#wait(0);
    }
    const atOnce = code === CLOSE.restart || code === CLOSE.slowReader;
    if (atOnce && this.#state === "online") return this.#wait(0);
    const isLimited = code === CLOSE.rateLimited;
    const isTold = !isLimited || refusal?.retryAfterMs;
    this.#wait(isTold ? this.#backoff.next(refusal) : RATE_LIMITED_MS, !isLimited);
  }

  #wait(ms: number, mayHurry = true): void {
    this.#mayHurry = mayHurry;
    this.#setState("waiting");
    this.#retry = setTimeout(() => this.#open(), ms);
  }

  /** The browser has a network again, perhaps another one: an old connection may be dead. */
  readonly #onNetwork = () => {
    if (this.#state === "online") return this.#ping(this.#socket!);
    if (this.#state !== "waiting" || !this.#mayHurry) return;
    clearTimeout(this.#retry);
    void this.#open();
  };

  /** Timers of a hidden page, and of a machine that slept, fire late. */
  readonly #onVisible = () => {
    if (globalThis.document.visibilityState === "visible") this.#onNetwork();
  };

  #drop(): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#opening);
    const socket = this.#socket;
    this.#socket = null;
    if (socket && socket.readyState <= OPEN) socket.close();
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(new ChatError("offline", "The connection broke"));
    }
    this.#waiting.clear();
  }

  #setState(state: ConnectionState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.host.onState(state);
  }
}

/** Throws for frames that no server of this protocol sends. */
function framesOf(text: unknown): Frame[] {
  const parsed = JSON.parse(text as string);
  const frames = Array.isArray(parsed) ? parsed : [parsed];
  if (frames.every((each) => typeof each === "object" && each !== null)) {
    return frames.map((each) => "event" in each ? fillIn(each) : each);
  }
  throw new SyntaxError("A frame is an object, or an array of them");
}
