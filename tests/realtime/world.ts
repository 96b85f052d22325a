import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { ChatCommit, ChatStep } from "../../src/model/chat_step.ts";
import type { WireEvent } from "../../src/model/event.ts";
import type { Membership } from "../../src/model/membership.ts";
import type { Message } from "../../src/model/message.ts";
import type { Codec } from "../../src/realtime/encoded_events.ts";
import type { CloseReason } from "../../src/api/close_codes.ts";
import type { ArrivalStore } from "../../src/store/arrival_store.ts";
import { type ArrivalParts, ComposedArrivals } from "../../src/store/composed_arrivals.ts";
import { aUser } from "../contract/store/rows.ts";
import { Connection, type Sink } from "../../src/realtime/connection.ts";
import { Hub, type HubStore } from "../../src/realtime/hub.ts";
import type { Changes } from "../../src/api/views/changes.ts";

/** Events unencoded, so that tests need not decode them. */
const plain: Codec = { encode: (events) => events.map((event) => JSON.stringify(event)) };

/** Frames and the close reason of a socket. */
class FakeSink implements Sink {
  readonly codec = plain;
  readonly events: WireEvent[] = [];
  closed: CloseReason | null = null;

  write(frame: string | readonly string[]): void {
    for (const text of frame) this.events.push(JSON.parse(text));
  }

  close(reason: CloseReason): void {
    this.closed ??= reason;
  }

  /** The durable events of a chat as the revision that each reaches. */
  revs(chatId: string): number[] {
    return this.events.filter((event) => event.chatId === chatId && event.rev !== undefined)
      .map((event) => event.rev!);
  }
}

type Change = { join: string } | { leave: string } | { say: string } | { edit: number };

/**
 * A Store of chats in memory, whose results can be delayed: `hold("presentOfUser")` lets a test act
 * between a call and its result. A delayed call returns the state at the time of the call.
 */
export class World implements Disposable {
  readonly chats = new Map<string, Chat>();
  readonly members = new Map<string, Membership[]>();
  readonly messages = new Map<string, Message[]>();
  readonly ended = new Set<string>();
  /** The next calls by this name throw. */
  readonly failing = new Set<string>();
  readonly calls: string[] = [];
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();
  readonly hub: Hub;

  /** `snapshots`: memberships are read with the heads of their chats, as SQLite does. */
  readonly #snapshots: boolean;

  constructor({ snapshots = false, retryMs = 1 } = {}) {
    this.#snapshots = snapshots;
    this.hub = new Hub(this.store, { after: this.after.bind(this) }, silentLog, { retryMs });
  }

  /** Ends what would be tried again. */
  [Symbol.dispose](): void {
    this.hub.closeAll("restart");
  }

  readonly #parts = {
    chats: {
      heads: (ids: string[]) =>
        this.#answer("heads", () => ids.flatMap((id) => this.chats.get(id) ?? []).map(copy)),
    },
    memberships: {
      presentOfUser: (userId: string, after: string | null, limit: number) =>
        this.#answer("presentOfUser", () => {
          const rows = [...this.members.values()].flat()
            .filter((row) => row.userId === userId && row.leftAt === null);
          return rows.filter(({ chatId }) => chatId > (after ?? ""))
            .sort((a, b) => a.chatId < b.chatId ? -1 : 1).slice(0, limit)
            .map((row) => ({ ...row, ...this.#headBefore(row.chatId) }));
        }),
      ofChat: (chatId: string) =>
        this.#answer("ofChat", () => (this.members.get(chatId) ?? []).map(copy)),
    },
    sessions: {
      byId: (id: string) =>
        this.#answer("session", () => ({ endedAt: this.ended.has(id) ? 1 : null })),
    },
    users: { byId: (id: string) => Promise.resolve(aUser({ id })) },
    blocks: { by: () => Promise.resolve([]) },
    incarnation: () => Promise.resolve("one"),
  } as unknown as ArrivalParts;

  readonly store: HubStore = {
    ...this.#parts,
    arrivals: {
      of: async (...args) => {
        if (this.beforeArrival) await this.beforeArrival();
        return await new ComposedArrivals(this.#parts).of(...args);
      },
    } as ArrivalStore,
  };

  /** Runs before the rows of a new connection are read. */
  beforeArrival: (() => Promise<void>) | null = null;

  after(chatId: string, after: number, { rows: limit }: { rows: number }): Promise<Changes> {
    return this.#answer("changes", () => {
      const head = this.chats.get(chatId)!.rev;
      const since = (row: { rev: number }) => row.rev > after;
      const messages = this.messages.get(chatId)!.filter(since).map(copy);
      const members = this.members.get(chatId)!.filter(since).map(copy);
      const revs = [...messages, ...members].map((row) => row.rev).sort((a, b) => a - b);
      const rev = revs.length > limit ? revs[limit - 1] : head;
      return {
        chatId,
        after,
        rev,
        messages: messages.filter((row) => row.rev <= rev).sort((a, b) => a.rev - b.rev),
        members: members.filter((row) => row.rev <= rev).sort((a, b) => a.rev - b.rev),
        commits: [],
        chat: null,
        more: rev < head,
      };
    });
  }

  #headBefore(chatId: string) {
    return this.#snapshots && { headBefore: this.chats.get(chatId)!.rev };
  }

  /** From now on, calls of this name return after the returned function is called. */
  hold(name: string): () => void {
    const gate = Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return () => {
      if (this.#gates.get(name) === gate) this.#gates.delete(name);
      gate.resolve();
    };
  }

  async #answer<T>(name: string, answer: () => T): Promise<T> {
    this.calls.push(name);
    const value = answer();
    await this.#gates.get(name)?.promise;
    if (this.failing.delete(name)) throw new Error(`${name} fails`);
    return value;
  }

  /** Creates a chat of these people; each joins by a separate revision. */
  chat(...userIds: string[]): string {
    const id = newId();
    this.chats.set(id, { id, rev: 0 } as Chat);
    this.members.set(id, []);
    this.messages.set(id, []);
    if (userIds.length > 0) this.write(id, ...userIds.map((join) => ({ join })));
    return id;
  }

  /** Commits, without announcing it. */
  write(chatId: string, ...changes: Change[]): ChatCommit {
    const chat = this.chats.get(chatId)!;
    const after = chat.rev;
    const steps = changes.map((change): ChatStep => this.#step(chatId, ++chat.rev, change));
    return { chatId, after, rev: chat.rev, steps };
  }

  #step(chatId: string, rev: number, change: Change): ChatStep {
    if ("say" in change) {
      const message = aMessage(chatId, rev, change.say);
      this.messages.get(chatId)!.push(message);
      return { type: "message.created", rev, message: copy(message) };
    }
    if ("edit" in change) {
      const message = this.messages.get(chatId)!.find(({ seq }) => seq === change.edit)!;
      message.rev = rev;
      return { type: "message.updated", rev, message: copy(message) };
    }
    const userId = "join" in change ? change.join : change.leave;
    const leftAt = "join" in change ? null : 1;
    const rows = this.members.get(chatId)!;
    let member = rows.find((row) => row.userId === userId);
    if (!member) rows.push(member = aMember(chatId, userId));
    Object.assign(member, { rev, leftAt });
    return { type: "member.updated", rev, member: copy(member) };
  }

  /** A user's connection, attached and released. */
  async connect(
    userId: string,
    sessionId = newId(),
  ): Promise<{ connection: Connection; sink: FakeSink }> {
    const made = this.connection(userId, sessionId);
    await this.hub.attach(made.connection);
    made.connection.release();
    return made;
  }

  connection(userId: string, sessionId = newId()): { connection: Connection; sink: FakeSink } {
    const sink = new FakeSink();
    const caller = { userId, sessionId } as Connection["caller"];
    return { connection: new Connection(newId(), caller, sink), sink };
  }
}

function copy<T extends object>(row: T): T {
  return { ...row };
}

function aMember(chatId: string, userId: string): Membership {
  return { chatId, userId, role: "member", rev: 0, joinedAt: 0, leftAt: null } as Membership;
}

function aMessage(chatId: string, rev: number, text: string): Message {
  return {
    id: newId(),
    chatId,
    seq: rev,
    rev,
    senderId: "someone",
    clientId: newId(),
    kind: "text",
    text,
    media: [],
    mentions: [],
    reactions: [],
    replyTo: null,
    createdAt: 0,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
  } as unknown as Message;
}
