import { delay } from "../../src/core/delay.ts";
import type { WireEvent } from "../../src/model/event.ts";
import { HttpClient } from "./http_client.ts";
import { type Reply, WsClient } from "./ws_client.ts";

/** A message as a client keeps it: the newest row that it received. */
export interface HeldMessage {
  id: string;
  seq: number;
  rev: number;
  text: string | null;
  [field: string]: unknown;
}

/** State that a client keeps for one chat. */
class HeldChat {
  /** Cursor: everything up to this revision has been applied. */
  cursor = 0;
  readonly messages = new Map<string, HeldMessage>();
  /** Message ids in the order in which the client first received them. */
  readonly order: string[] = [];
  readonly members = new Map<string, { userId: string; leftAt: string | null; rev: number }>();

  /** Message texts in the order in which the client first received the messages. */
  get texts(): (string | null)[] {
    return this.order.map((id) => this.messages.get(id)!.text);
  }

  apply(row: HeldMessage): void {
    const held = this.messages.get(row.id);
    if (!held) this.order.push(row.id);
    if (!held || row.rev > held.rev) this.messages.set(row.id, row);
  }
}

interface ChangesAnswer {
  chatId: string;
  rev: number;
  messages: HeldMessage[];
  members: { userId: string; leftAt: string | null; rev: number }[];
  more: boolean;
}

export interface CatchingUpOptions {
  /**
   * `/ws` endpoints of the instances: the client goes round them, from the first, when one fails.
   */
  urls: string[];
  token: string;
  /** Milliseconds before the try that follows a failed one. */
  retryMs?: number;
}

/**
 * A client that follows the protocol: it reconnects after every disconnect, keeps a cursor per
 * chat, applies an event when its cursor lies in the event's range, and catches up when the cursor
 * is below it. It repeats a send until it gets a reply, with one clientId, so that no message is
 * lost or duplicated.
 */
export class CatchingUpClient implements AsyncDisposable {
  readonly chats = new Map<string, HeldChat>();
  /** All ephemeral events, in order. */
  readonly signals: WireEvent[] = [];
  /** Codes with which this client's sockets were closed, in order. */
  readonly closes: number[] = [];
  /** How often it found a gap, and how often it received an event that it already had. */
  gaps = 0;
  repeats = 0;
  #client: WsClient | null = null;
  #at = 0;
  #stopped = false;
  #running: Promise<void> | null = null;
  readonly #catching = new Map<string, Promise<void>>();

  constructor(private readonly options: CatchingUpOptions) {}

  /** Resolves once the client is connected and has caught up. */
  async start(): Promise<this> {
    this.#running ??= this.#run();
    await this.connected();
    return this;
  }

  get isConnected(): boolean {
    return this.#client !== null;
  }

  async connected(): Promise<void> {
    while (!this.#client && !this.#stopped) await delay(5);
  }

  chat(chatId: string): HeldChat {
    let chat = this.chats.get(chatId);
    if (!chat) this.chats.set(chatId, chat = new HeldChat());
    return chat;
  }

  /**
   * Breaks the connection; the client reconnects by itself, to the next instance if `elsewhere`.
   */
  cut(elsewhere = false): void {
    if (elsewhere) this.#at++;
    this.#client?.socket.close();
  }

  /** Sends one command on the current connection, and repeats it until a reply arrives. */
  async command(cmd: string, data: unknown): Promise<Reply> {
    while (!this.#stopped) {
      await this.connected();
      const reply = await this.#client?.command(cmd, data);
      // A reply without an id means that the connection broke; these two errors are temporary.
      if (reply && (reply.ok || !isPassing(reply))) return reply;
      await delay(20);
    }
    throw new Error(`Cannot send ${cmd}: the client was stopped`);
  }

  /** Resolves with the message once the server acknowledged it. */
  async send(chatId: string, text: string, clientId = crypto.randomUUID()): Promise<HeldMessage> {
    const reply = await this.command("message.send", { chatId, text, clientId });
    if (!reply.ok) throw new Error(`Cannot send: ${JSON.stringify(reply.error)}`);
    return reply.data;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#client?.socket.close();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { client, ended } = await this.#connect();
        const { code } = await ended;
        this.closes.push(code);
        if (this.#client === client) this.#client = null;
        if (code === 4001) return;
      } catch {
        this.#at++;
        await delay(this.options.retryMs ?? 50);
      }
    }
  }

  /** Receives events from the reply on, and applies them after the missed ones. */
  async #connect() {
    const { urls, token } = this.options;
    const url = urls[this.#at % urls.length];
    const client = await WsClient.open(url);
    const early: WireEvent[] = [];
    client.onEvent = (event) => void early.push(event);
    const cursors = Object.fromEntries(
      [...this.chats].map(([chatId, { cursor }]) => [chatId, cursor]),
    );
    const reply = await client.command("hello", { token, cursors });
    if (!reply.ok) {
      await client.close();
      if (reply.error?.code === "unauthenticated") this.#stopped = true;
      throw new Error(`The hello was refused: ${JSON.stringify(reply.error)}`);
    }
    this.#client = client;
    // Stopped while it was connecting: no other code closes this socket.
    if (this.#stopped) client.socket.close();
    for (const changes of reply.data.sync.items) this.#applyChanges(changes);
    client.onEvent = (event) => this.#hear(event);
    for (const event of early) this.#hear(event);
    return { client, ended: client.ended };
  }

  #hear(event: WireEvent): void {
    const { chatId, rev } = event;
    if (event.event === "resync") return void this.#resync();
    if (chatId === undefined || rev === undefined) return void this.signals.push(event);
    const chat = this.chat(chatId);
    if (chat.cursor >= rev) this.repeats++;
    else if (chat.cursor < (event.after ?? rev - 1)) {
      this.gaps++;
      this.#catchUp(chatId);
    } else {
      this.#applyEvent(chat, event);
      chat.cursor = rev;
    }
  }

  #applyEvent(chat: HeldChat, { event, data }: WireEvent): void {
    if (event.startsWith("message.")) chat.apply(data as HeldMessage);
    if (event === "member.updated") {
      const member = data as ChangesAnswer["members"][number];
      chat.members.set(member.userId, member);
    }
    if (event === "chat.changes") this.#applyRows(chat, data as ChangesAnswer);
  }

  #applyChanges(changes: ChangesAnswer): void {
    const chat = this.chat(changes.chatId);
    this.#applyRows(chat, changes);
    chat.cursor = Math.max(chat.cursor, changes.rev);
    if (changes.more) this.#catchUp(changes.chatId);
  }

  /**
   * Messages arrive in the order of their last revision: a client that keeps a history sorts new
   * ones by seq.
   */
  #applyRows(chat: HeldChat, { messages, members }: ChangesAnswer): void {
    for (const row of messages.toSorted((a, b) => a.seq - b.seq)) chat.apply(row);
    for (const member of members) chat.members.set(member.userId, member);
  }

  /**
   * Catches up one at a time per chat; events that arrive meanwhile are in the response, or reveal
   * the next gap.
   */
  #catchUp(chatId: string): Promise<void> {
    let running = this.#catching.get(chatId);
    if (!running) {
      running = this.#readChanges(chatId).finally(() => this.#catching.delete(chatId));
      this.#catching.set(chatId, running);
    }
    return running;
  }

  async #readChanges(chatId: string): Promise<void> {
    for (let more = true; more && this.#client && !this.#stopped;) {
      const chat = this.chat(chatId);
      const reply = await this.#client.command("chat.changes", { chatId, after: chat.cursor });
      // The next hello delivers what a broken connection could not.
      if (!reply.ok) return;
      this.#applyRows(chat, reply.data);
      chat.cursor = Math.max(chat.cursor, reply.data.rev);
      more = reply.data.more;
    }
  }

  async #resync(): Promise<void> {
    this.signals.push({ event: "resync", data: {} });
    const { urls, token } = this.options;
    const base = urls[this.#at % urls.length].replace(/^ws/, "http");
    const cursors = Object.fromEntries(
      [...this.chats].map(([chatId, { cursor }]) => [chatId, cursor]),
    );
    try {
      const { status, body } = await new HttpClient(base, token).post("/api/sync", { cursors });
      if (status !== 200) return;
      for (const changes of body.items) this.#applyChanges(changes);
    } catch {
      // The instance is gone: the next hello catches up.
    }
  }
}

function isPassing({ id, error }: Reply): boolean {
  return id === null || error === undefined ||
    error.code === "unavailable" || error.code === "rate_limited";
}
