import { ApiError, OfflineError, renew } from "./api.js";
import { session } from "./session.js";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;
const PING_EVERY_MS = 25_000;
const ANSWER_WITHIN_MS = 10_000;

/** Close codes of the protocol: they say whether, and when, to connect again. */
const RESTART = 1012;
const UNAUTHENTICATED = 4001;
const RATE_LIMITED = 4029;

/**
 * One WebSocket that comes back by itself. Tells of itself by these events:
 * - `state`: `state` is now "connecting", "online" or "offline";
 * - `welcome`: the answer to hello, with `sync`, all that was missed since the cursors given;
 * - `message`: an event of the protocol;
 * - `end`: the session is over, and reconnecting makes no sense.
 */
export class Connection extends EventTarget {
  state = "offline";
  #cursors;
  #socket = null;
  #pending = new Map();
  #nextId = 1;
  #failures = 0;
  #refusals = 0;
  #timer;
  #closed = false;
  #pinger;
  #listening = new AbortController();

  /** `cursors` gives the revision that is known of each chat. */
  constructor(cursors) {
    super();
    this.#cursors = cursors;
    const { signal } = this.#listening;
    addEventListener("online", this.#wake, { signal });
    addEventListener("offline", this.#sleep, { signal });
    document.addEventListener("visibilitychange", this.#look, { signal });
    this.#pinger = setInterval(this.#look, PING_EVERY_MS);
  }

  open() {
    clearTimeout(this.#timer);
    if (this.#closed || this.#socket || !navigator.onLine) return;
    this.#become("connecting");
    const address = new URL("/ws", document.baseURI.replace(/^http/, "ws"));
    const socket = this.#socket = new WebSocket(address, "realtimechat.v1");
    socket.onopen = () => this.#greet(socket);
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#onClose(socket, code);
  }

  /** For good. */
  close() {
    this.#closed = true;
    this.#listening.abort();
    clearTimeout(this.#timer);
    clearInterval(this.#pinger);
    this.#drop();
  }

  /** Resolves with the answer's data; rejects with an ApiError, or an OfflineError if none came. */
  command(cmd, data) {
    if (this.state !== "online") return Promise.reject(new OfflineError());
    return this.#send(cmd, data);
  }

  #send(cmd, data) {
    const id = this.#nextId++;
    const { promise, resolve, reject } = withResolvers();
    const timer = setTimeout(() => this.#drop(), ANSWER_WITHIN_MS);
    this.#pending.set(id, { resolve, reject, timer });
    this.#socket.send(JSON.stringify({ id, cmd, data }));
    return promise;
  }

  async #greet(socket) {
    const token = session.get()?.accessToken;
    if (!token) return this.#end();
    try {
      const welcome = await this.#send("hello", { token, cursors: this.#cursors() });
      this.#failures = this.#refusals = 0;
      this.dispatchEvent(new CustomEvent("welcome", { detail: welcome }));
      this.#become("online");
    } catch (error) {
      // The server closes the socket, and the close code tells what to do.
      if (!(error instanceof ApiError) && this.#socket === socket) this.#drop();
    }
  }

  /** A frame is a reply, an event, or several events in order. */
  #receive(frame) {
    if ("ok" in frame) return this.#settle(frame);
    for (const event of Array.isArray(frame) ? frame : [frame]) {
      this.dispatchEvent(new CustomEvent("message", { detail: event }));
    }
  }

  #settle({ id, ok, data, error }) {
    const waiting = this.#pending.get(id);
    if (!waiting) return;
    this.#pending.delete(id);
    clearTimeout(waiting.timer);
    if (ok) waiting.resolve(data);
    else waiting.reject(new ApiError(error));
  }

  /** Lets go of the socket at once: a dead one may take minutes to report its close. */
  #drop() {
    const socket = this.#socket;
    if (!socket) return;
    socket.close();
    this.#onClose(socket, 0);
  }

  #onClose(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(new OfflineError());
    }
    this.#pending.clear();
    this.#become("offline");
    if (this.#closed) return;
    if (code === UNAUTHENTICATED) this.#renewAndOpen();
    else this.#openAfter(this.#waitAfter(code));
  }

  /** Random, so that the clients of a server that restarted do not all come back at once. */
  #waitAfter(code) {
    if (code === RATE_LIMITED) return LONGEST_WAIT_MS;
    if (code === RESTART && this.#failures === 0) return Math.random() * FIRST_WAIT_MS;
    const most = Math.min(FIRST_WAIT_MS * 2 ** this.#failures++, LONGEST_WAIT_MS);
    return most / 2 + Math.random() * most / 2;
  }

  #openAfter(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.open(), ms);
  }

  /** The token may have expired; if a new one is refused as well, the session is over. */
  async #renewAndOpen() {
    if (++this.#refusals > 2) return this.#end();
    try {
      await renew(session.get()?.accessToken);
      this.open();
    } catch (error) {
      if (error.code === "unauthenticated" || error.status === 401) this.#end();
      else this.#openAfter(this.#waitAfter(0));
    }
  }

  #end() {
    if (this.#closed) return;
    this.close();
    this.dispatchEvent(new Event("end"));
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #wake = () => {
    this.#failures = 0;
    this.open();
  };

  #sleep = () => this.#drop();

  /** Finds out whether the connection still lives: a laptop that slept does not know. */
  #look = () => {
    if (document.visibilityState === "hidden" || this.#closed) return;
    if (this.state === "online") this.command("ping", {}).catch(() => {});
    else this.open();
  };
}

function withResolvers() {
  let resolve, reject;
  const promise = new Promise((yes, no) => [resolve, reject] = [yes, no]);
  return { promise, resolve, reject };
}
