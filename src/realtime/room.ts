import type { Log } from "../core/log.ts";
import type { ChatCommit, ChatStep } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Membership } from "../model/membership.ts";
import type { Changes } from "../api/views/changes.ts";
import {
  changesEvent,
  leavesWhole,
  mergeUpdates,
  stepEvent,
  stepsOf,
} from "../api/views/chat_events.ts";
import type { DeliveryMetrics } from "./delivery_metrics.ts";
import { EncodedEvents, type Listener } from "./encoded_events.ts";

/** Where a room finds what it missed. */
export interface ChangeSource {
  after(chatId: string, after: number, limits: { rows: number }): Promise<Changes>;
}

/** What a room asks of those who keep its listeners. */
export interface RoomHost {
  readonly changes: ChangeSource;
  readonly log: Log;
  readonly figures: DeliveryMetrics;
  connectionsOf(userId: string): Iterable<Listener>;
  /** The user has joined: all their connections listen from now on. */
  admit(member: Membership, room: Room): void;
  /** The user has left: none of their connections listens any more. */
  dismiss(userId: string, room: Room): void;
  /** Nobody listens: the room may go. */
  onEmpty(room: Room): void;
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
  readonly listeners = new Set<Listener>();
  /** The revision after which delivery began. */
  #begun = 0;
  #delivered = 0;
  /** The highest revision heard of. */
  #target = 0;
  /** How often it was heard of. */
  #rings = 0;
  /** The highest revision heard of by which who is in the chat has changed. */
  #membersAt = 0;
  /** Set while rows are being read, and at first until the head is known. */
  #filling = true;
  #emitting = false;
  #opened = false;
  #closed = false;
  /** Delivery has to begin after this revision, or an earlier one. */
  #start = Infinity;
  #ready = unwatched();
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly chatId: string, private readonly host: RoomHost) {}

  /** The last revision delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Resolves once the room is open: whoever listens then misses nothing that is committed later. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  /** The highest revision heard of by which who is in the chat has changed. */
  get membersAt(): number {
    return this.#membersAt;
  }

  /** Then it stays, even if nobody is left: what is still to be delivered may let someone in. */
  get hasPendingJoins(): boolean {
    return this.#emitting || this.#membersAt > this.#delivered;
  }

  get isOpen(): boolean {
    return this.#opened;
  }

  /** Begins delivery after `head`; what was heard of before is caught up on. */
  open(head: number): void {
    if (this.#opened || this.#closed) return;
    this.#opened = true;
    this.#delivered = this.#begun = Math.min(head, this.#start);
    this.#filling = false;
    this.#ready.resolve();
    this.advanceTo(Math.max(this.#target, head));
  }

  /** The head could not be read: who waits for the room learns why, and it may be tried again. */
  fail(error: unknown): void {
    this.#ready.reject(error);
    this.#ready = unwatched();
  }

  /** It delivers nothing any more, whatever is still under way. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#ready.resolve();
  }

  /** A commit of this instance, with its rows in hand. */
  commit(commit: ChatCommit): void {
    if (changesMembers(commit)) this.#expectMembers(commit.after, commit.rev);
    if (this.#filling || commit.after > this.#delivered) return this.advanceTo(commit.rev);
    if (commit.rev <= this.#delivered) return;
    const known = this.#delivered - commit.after;
    this.#target = Math.max(this.#target, commit.rev);
    if (leavesWhole(commit)) this.#emit(() => this.#emitSnapshot(wholeOf(commit, known)));
    else this.#emit(() => this.#emitSteps(commit.steps.slice(known)));
  }

  /** The chat is known to be at `rev`: whatever is missing up to there is fetched. */
  advanceTo(rev: number): void {
    this.#rings++;
    this.#target = Math.max(this.#target, rev);
    if (!this.#filling && this.#target > this.#delivered) this.#fill();
  }

  /** As `reach`, where who is in the chat has changed since `after`. */
  reachMembers(after: number, rev: number): void {
    this.#expectMembers(after, rev);
    this.advanceTo(rev);
  }

  /** Whether what followed on `rev` came before delivery began: no step of it lets anyone in. */
  hasBegunPast(rev: number): boolean {
    return this.#opened && this.#begun > rev;
  }

  /** For who joined before delivery began: they are told so, as by the step itself, and listen. */
  admitLate(member: Membership): void {
    // By a step that is still to come they are let in anyhow.
    if (member.rev > this.#delivered) return;
    const welcome = new EncodedEvents([stepEvent(this.chatId, stepOf(member))]);
    for (const connection of this.host.connectionsOf(member.userId)) {
      if (!this.listeners.has(connection)) connection.deliver(welcome);
    }
    this.host.admit(member, this);
  }

  /** An event without a revision; `exceptUserId` does not hear it. */
  signal(event: WireEvent, exceptUserId?: string): void {
    const outbound = new EncodedEvents([event]);
    for (const connection of this.listeners) {
      if (connection.caller.userId !== exceptUserId) connection.deliver(outbound);
    }
  }

  /**
   * Someone here may join by what follows, and would never be let in if delivery began later than
   * after `after`, or if the room went before.
   */
  #expectMembers(after: number, rev: number): void {
    if (!this.#opened) this.#start = Math.min(this.#start, after);
    this.#membersAt = Math.max(this.#membersAt, rev);
  }

  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      while (this.#delivered < this.#target && (this.listeners.size > 0 || this.hasPendingJoins)) {
        const rings = this.#rings;
        const limits = { rows: FILL_LIMIT };
        const began = performance.now();
        const changes = await this.host.changes.after(this.chatId, this.#delivered, limits);
        this.host.figures.filled(performance.now() - began);
        if (this.#closed) return;
        if (changes.rev > this.#delivered) this.#emitChanges(changes);
        // A head that was announced but is not there (a restored backup, say) is not waited for; what
        // was heard of since the question may be missing from its answer, and is asked for again.
        else if (this.#rings === rings) this.#target = this.#membersAt = this.#delivered;
      }
      this.#filling = false;
      if (this.listeners.size === 0) this.host.onEmpty(this);
    } catch (error) {
      if (this.#closed) return;
      this.host.log.warn("Catching up on a chat failed", { chatId: this.chatId, error });
      this.#retry = setTimeout(() => this.#fill(), RETRY_MS);
    }
  }

  #emitChanges(changes: Changes): void {
    const steps = stepsOf(changes);
    this.#emit(() => steps ? this.#emitSteps(steps) : this.#emitSnapshot(changes));
  }

  #emit(events: () => void): void {
    this.#emitting = true;
    events();
    this.#emitting = false;
    if (this.listeners.size === 0) this.host.onEmpty(this);
  }

  /** Who joins hears from their joining on; who leaves hears of it last. */
  #emitSteps(steps: ChatStep[]): void {
    let events: WireEvent[] = [];
    for (const step of mergeUpdates(steps)) {
      events.push(stepEvent(this.chatId, step));
      if (step.type !== "member.updated") continue;
      const others = events.splice(0, events.length - 1);
      if (step.member.leftAt === null) {
        this.#send(others);
        this.host.admit(step.member, this);
      } else {
        this.#send([...others, ...events]);
        events = [];
        this.host.dismiss(step.member.userId, this);
      }
    }
    this.#send(events);
    this.#delivered = steps.at(-1)!.rev;
  }

  /** Who left must not hear what came after; they get their own row, and nothing else. */
  #emitSnapshot(changes: Changes): void {
    for (const member of changes.members) {
      if (member.leftAt === null) this.host.admit(member, this);
      else this.#sendLeave(member);
    }
    this.#send([changesEvent(changes)]);
    this.#delivered = changes.rev;
  }

  #sendLeave(member: Membership): void {
    const farewell = new EncodedEvents([stepEvent(this.chatId, stepOf(member))]);
    for (const connection of this.host.connectionsOf(member.userId)) {
      if (this.listeners.has(connection)) connection.deliver(farewell);
    }
    this.host.dismiss(member.userId, this);
  }

  #send(events: WireEvent[]): void {
    if (events.length === 0) return;
    const outbound = new EncodedEvents(events);
    for (const connection of this.listeners) connection.deliver(outbound);
    this.host.figures.delivered(events.length, this.listeners.size);
  }
}

function stepOf(member: Membership): ChatStep {
  return { type: "member.updated", rev: member.rev, member };
}

/** Whether the commit changes who is in the chat. */
export function changesMembers(commit: ChatCommit): boolean {
  return commit.steps.some((step) => step.type === "member.updated");
}

/** A promise that nobody may be waiting for when it fails. */
function unwatched(): PromiseWithResolvers<void> {
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  return ready;
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
    commits: [],
    chat: null,
    more: false,
  };
  for (const step of commit.steps.slice(known)) {
    if (step.type === "member.updated") {
      members.set(step.member.userId, step.member);
      whole.memberCount = step.memberCount;
    } else if (step.type === "chat.updated") whole.chat = step.chat;
    else if (step.type === "mls.commit") whole.commits.push(step.handshake);
    else whole.messages.push(step.message);
  }
  whole.members = [...members.values()];
  return whole;
}
