import type { Log } from "../core/log.ts";
import type { ChatCommit, ChatStep } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Membership } from "../model/membership.ts";
import type { Changes } from "../wire/changes.ts";
import { changesEvent, leavesWhole, stepEvent, stepsOf } from "../wire/chat_events.ts";
import type { Connection } from "./connection.ts";
import { Outbound } from "./outbound.ts";

/** Where a room finds what it missed. */
export interface ChangeSource {
  after(chatId: string, after: number, limit: number): Promise<Changes>;
}

/** What a room asks of the hub. */
export interface RoomHost {
  readonly changes: ChangeSource;
  readonly log: Log;
  connectionsOf(userId: string): Iterable<Connection>;
  enter(connection: Connection, room: Room): void;
  leave(connection: Connection, room: Room): void;
}

const FILL_LIMIT = 500;
const RETRY_MS = 1_000;

/**
 * One chat that someone on this instance listens to: it delivers in order, from wherever it must.
 *
 * It delivers only what follows on the last revision it delivered. A commit of this instance that
 * follows goes out at once; for anything else (a gap, a ring from another instance) it asks for the
 * rows after that revision, once for all that piled up meanwhile. So a lost, doubled or late ring can
 * delay an event until the next one, and can do nothing worse.
 */
export class Room {
  readonly listeners = new Set<Connection>();
  #delivered = 0;
  /** The highest revision heard of. */
  #target = 0;
  /** Set while rows are being read, and at first until the head is known. */
  #filling = true;
  readonly #ready = Promise.withResolvers<void>();
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly chatId: string, private readonly host: RoomHost) {
    // Nobody may be waiting when it fails.
    this.#ready.promise.catch(() => {});
  }

  /** The last revision delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Resolves once the room is open: whoever listens then misses nothing that is committed later. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** Begins delivery after `head`; what was heard of before is caught up on. */
  open(head: number): void {
    this.#delivered = head;
    this.#filling = false;
    this.#ready.resolve();
    this.reach(this.#target);
  }

  /** The head could not be read: who waits for the room learns why. */
  fail(error: unknown): void {
    this.#ready.reject(error);
  }

  close(): void {
    clearTimeout(this.#retry);
  }

  /** A commit of this instance, with its rows in hand. */
  commit(commit: ChatCommit): void {
    if (this.#filling || commit.after > this.#delivered) return this.reach(commit.rev);
    if (commit.rev <= this.#delivered) return;
    const known = this.#delivered - commit.after;
    this.#target = Math.max(this.#target, commit.rev);
    if (leavesWhole(commit)) this.#emitWhole(wholeOf(commit, known));
    else this.#emitSteps(commit.steps.slice(known));
  }

  /** The chat is known to be at `rev`: whatever is missing up to there is fetched. */
  reach(rev: number): void {
    this.#target = Math.max(this.#target, rev);
    if (!this.#filling && this.#target > this.#delivered) this.#fill();
  }

  /** An event without a revision; `exceptUserId` does not hear it. */
  signal(event: WireEvent, exceptUserId?: string): void {
    const outbound = new Outbound([event]);
    for (const connection of this.listeners) {
      if (connection.caller.userId !== exceptUserId) connection.deliver(outbound);
    }
  }

  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      while (this.#delivered < this.#target && this.listeners.size > 0) {
        const changes = await this.host.changes.after(this.chatId, this.#delivered, FILL_LIMIT);
        if (changes.rev <= this.#delivered) break;
        this.#emitChanges(changes);
      }
      // A head that was announced but is not there (a restored backup, say) is not waited for.
      this.#target = this.#delivered;
      this.#filling = false;
    } catch (error) {
      this.host.log.warn("Catching up on a chat failed", { chatId: this.chatId, error });
      this.#retry = setTimeout(() => this.#fill(), RETRY_MS);
    }
  }

  #emitChanges(changes: Changes): void {
    const steps = stepsOf(changes);
    if (steps) this.#emitSteps(steps);
    else this.#emitWhole(changes);
  }

  /** Who joins hears from their joining on; who leaves hears of it last. */
  #emitSteps(steps: ChatStep[]): void {
    let events: WireEvent[] = [];
    for (const step of steps) {
      events.push(stepEvent(this.chatId, step));
      if (step.type !== "member.updated") continue;
      const others = events.splice(0, events.length - 1);
      if (step.member.leftAt === null) {
        this.#send(others);
        this.#admit(step.member);
      } else {
        this.#send([...others, ...events]);
        events = [];
        this.#dismiss(step.member);
      }
    }
    this.#send(events);
    this.#delivered = steps.at(-1)!.rev;
  }

  /** Who left must not hear what came after; they get their own row, and nothing else. */
  #emitWhole(changes: Changes): void {
    for (const member of changes.members) {
      if (member.leftAt === null) {
        this.#admit(member);
        continue;
      }
      const step: ChatStep = { type: "member.updated", rev: member.rev, member };
      const farewell = new Outbound([stepEvent(this.chatId, step)]);
      for (const connection of this.host.connectionsOf(member.userId)) {
        if (this.listeners.has(connection)) connection.deliver(farewell);
      }
      this.#dismiss(member);
    }
    this.#send([changesEvent(changes)]);
    this.#delivered = changes.rev;
  }

  #admit(member: Membership): void {
    for (const connection of this.host.connectionsOf(member.userId)) {
      this.host.enter(connection, this);
    }
  }

  #dismiss(member: Membership): void {
    for (const connection of this.host.connectionsOf(member.userId)) {
      this.host.leave(connection, this);
    }
  }

  #send(events: WireEvent[]): void {
    if (events.length === 0) return;
    const outbound = new Outbound(events);
    for (const connection of this.listeners) connection.deliver(outbound);
  }
}

/** The rows as the last step of the commit left them. */
function wholeOf(commit: ChatCommit, known: number): Changes {
  const members = new Map<string, Membership>();
  const whole: Changes = {
    chatId: commit.chatId,
    after: commit.after + known,
    rev: commit.rev,
    messages: [],
    members: [],
    chat: null,
    more: false,
  };
  for (const step of commit.steps.slice(known)) {
    if (step.type === "member.updated") members.set(step.member.userId, step.member);
    else if (step.type === "chat.updated") whole.chat = step.chat;
    else whole.messages.push(step.message);
  }
  whole.members = [...members.values()];
  return whole;
}
