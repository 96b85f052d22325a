import type { Log } from "../core/log.ts";
import type { ChatCommit, ChatStep } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";
import type { Message } from "../model/message.ts";
import type { Membership } from "../model/membership.ts";
import type { Changes } from "../api/views/changes.ts";
import {
  changesEvent,
  leavesWhole,
  mergeUpdates,
  type ShadowSenders,
  stepEvent,
  stepsOf,
  withoutShadows,
} from "../api/views/chat_events.ts";
import type { DeliveryMetrics } from "./delivery_metrics.ts";
import { snapshotOf } from "./commit_snapshot.ts";
import { EncodedEvents, type Listener } from "./encoded_events.ts";

/** Where a room reads the changes that it missed. */
export interface ChangeSource {
  after(chatId: string, after: number, limits: { rows: number }): Promise<Changes>;
}

/** The owner of a room's listeners. */
export interface RoomHost {
  readonly changes: ChangeSource;
  readonly log: Log;
  readonly figures: DeliveryMetrics;
  connectionsOf(userId: string): Iterable<Listener>;
  /** The user has joined: all their connections listen from now on. */
  admit(member: Membership, room: Room): void;
  /** The user has left: none of their connections listens any more. */
  dismiss(userId: string, room: Room): void;
  /** The room has no listeners left and may be dropped. */
  onEmpty(room: Room): void;
}

const DONE = Promise.resolve();
const NO_SHADOWS: ShadowSenders = new Map();
const ROWS_PER_FILL = 500;
const RETRY_MS = 1_000;

/**
 * One chat with listeners on this instance: delivers its events in order, from whatever source has
 * them.
 *
 * It delivers only the revision that follows the last one it delivered. A commit of this instance
 * that follows goes out at once; for anything else (a gap, a signal of another instance) it reads
 * the rows after that revision, once for all signals that piled up in the meantime. So a lost,
 * repeated or late signal can delay an event until the next signal, and can do nothing worse.
 */
export class Room {
  readonly listeners = new Set<Listener>();
  /** The revision after which delivery began. */
  #begun = 0;
  #delivered = 0;
  /** Highest known revision. */
  #target = 0;
  /** Number of signals received. */
  #signals = 0;
  /** Highest known revision that changed the membership. */
  #membersAt = 0;
  /** True while rows are being read, and at first until the head is known. */
  #filling = true;
  #emitting = false;
  #openSince = Infinity;
  #closed = false;
  /** Delivery has to begin after this revision, or an earlier one. */
  #start = Infinity;
  /** Null unless `ready` was asked for before the room is open: most rooms open at once. */
  #ready: PromiseWithResolvers<void> | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly chatId: string, private readonly host: RoomHost) {}

  /** The last revision delivered. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Resolves once the room is open: its listeners then miss nothing that is committed later. */
  get ready(): Promise<void> {
    return this.isOpen || this.#closed ? DONE : (this.#ready ??= unwatched()).promise;
  }

  /** Highest known revision that changed the membership. */
  get membersAt(): number {
    return this.#membersAt;
  }

  /** True while a join may be undelivered. The room then stays, even without listeners. */
  get hasPendingJoins(): boolean {
    return this.#emitting || this.#membersAt > this.#delivered;
  }

  get isOpen(): boolean {
    return this.#openSince < Infinity;
  }

  /** The revision after which delivery began: the head that `open` was given, or an earlier one. */
  get begun(): number {
    return this.#begun;
  }

  /** Time of `open` on the clock of `performance.now`; Infinity before. */
  get openSince(): number {
    return this.#openSince;
  }

  /** Begins delivery after `head`; revisions known before are caught up on. */
  open(head: number): void {
    if (this.isOpen || this.#closed) return;
    this.#openSince = performance.now();
    this.#delivered = this.#begun = Math.min(head, this.#start);
    this.#filling = false;
    this.#settleReady();
    this.advanceTo(Math.max(this.#target, head));
  }

  /** The head could not be read: rejects `ready` with the error; opening may be retried. */
  fail(error: unknown): void {
    this.#ready?.reject(error);
    this.#ready = null;
  }

  /** Stops delivery, whatever is still under way. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#settleReady();
  }

  /** Delivers a commit of this instance, whose rows need not be read. */
  commit(commit: ChatCommit): void {
    if (changesMembers(commit)) this.#expectMembers(commit.after, commit.rev);
    if (this.#filling || commit.after > this.#delivered) return this.advanceTo(commit.rev);
    if (commit.rev <= this.#delivered) return;
    const skipped = this.#delivered - commit.after;
    this.#target = Math.max(this.#target, commit.rev);
    if (leavesWhole(commit)) this.#emit(() => this.#emitSnapshot(snapshotOf(commit, skipped)));
    else this.#emit(() => this.#emitSteps(commit.steps.slice(skipped)));
  }

  /** The chat is known to be at `rev`: reads whatever is missing up to it. */
  advanceTo(rev: number): void {
    this.#signals++;
    this.#target = Math.max(this.#target, rev);
    if (!this.#filling && this.#target > this.#delivered) this.#fill();
  }

  /** As `advanceTo`, for a change of membership since `after`. */
  reachMembers(after: number, rev: number): void {
    this.#expectMembers(after, rev);
    this.advanceTo(rev);
  }

  /** True if the step after `rev` came before delivery began, so that it admits no one here. */
  hasBegunPast(rev: number): boolean {
    return this.isOpen && this.#begun > rev;
  }

  /**
   * Admits a member who joined before delivery began: they get the event of their joining, and
   * listen.
   */
  admitLate(member: Membership): void {
    // A later step, still to be delivered, admits them anyhow.
    if (member.rev > this.#delivered) return;
    const joined = new EncodedEvents([stepEvent(this.chatId, stepOf(member))]);
    for (const connection of this.host.connectionsOf(member.userId)) {
      if (!this.listeners.has(connection)) connection.deliver(joined);
    }
    this.host.admit(member, this);
  }

  /** Sends an event without a revision to everyone but `exceptUserId`. */
  signal(event: WireEvent, exceptUserId?: string): void {
    const outbound = new EncodedEvents([event]);
    for (const connection of this.listeners) {
      if (connection.caller.userId !== exceptUserId) connection.deliver(outbound);
    }
  }

  /**
   * A user of this instance may join by the coming steps. They would never be admitted if delivery
   * began later than after `after`, or if the room was dropped before.
   */
  #expectMembers(after: number, rev: number): void {
    if (!this.isOpen) this.#start = Math.min(this.#start, after);
    this.#membersAt = Math.max(this.#membersAt, rev);
  }

  #settleReady(): void {
    this.#ready?.resolve();
    this.#ready = null;
  }

  async #fill(): Promise<void> {
    this.#filling = true;
    try {
      while (this.#delivered < this.#target && (this.listeners.size > 0 || this.hasPendingJoins)) {
        const signals = this.#signals;
        const limits = { rows: ROWS_PER_FILL };
        const began = performance.now();
        const changes = await this.host.changes.after(this.chatId, this.#delivered, limits);
        this.host.figures.filled(performance.now() - began);
        if (this.#closed) return;
        if (changes.rev > this.#delivered) this.#emitChanges(changes);
        // Does not wait for a head that was announced but does not exist (for example after
        // restoring a backup). Signals that arrived during the read may be missing from its result,
        // so another read follows.
        else if (this.#signals === signals) this.#target = this.#membersAt = this.#delivered;
      }
      this.#filling = false;
      if (this.listeners.size === 0) this.host.onEmpty(this);
    } catch (error) {
      if (this.#closed) return;
      this.host.log.warn("Room catch-up failed", { chatId: this.chatId, error });
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

  /**
   * A user who joins gets events from their joining on; a user who leaves gets their leaving last.
   */
  #emitSteps(steps: ChatStep[]): void {
    let events: WireEvent[] = [];
    const shadows = shadowsOf(steps);
    for (const step of mergeUpdates(steps)) {
      events.push(stepEvent(this.chatId, step));
      if (step.type !== "member.updated") continue;
      const others = events.splice(0, events.length - 1);
      if (step.member.leftAt === null) {
        this.#send(others, shadows);
        this.host.admit(step.member, this);
      } else {
        this.#send([...others, ...events], shadows);
        events = [];
        this.host.dismiss(step.member.userId, this);
      }
    }
    this.#send(events, shadows);
    this.#delivered = steps.at(-1)!.rev;
  }

  /** A user who left must not get what came after; they get their own row, and nothing else. */
  #emitSnapshot(changes: Changes): void {
    for (const member of changes.members) {
      if (member.leftAt === null) this.host.admit(member, this);
      else this.#sendLeave(member);
    }
    this.#send([changesEvent(changes)], sendersOf(changes.messages));
    this.#delivered = changes.rev;
  }

  /** Encodes the events once for each sender, and once for everybody else. */
  #sendShadows(events: WireEvent[], shadows: ShadowSenders): void {
    const senders = new Set(shadows.values());
    const encoded = new Map<string | null, EncodedEvents>();
    for (const connection of this.listeners) {
      const { userId } = connection.caller;
      const viewer = senders.has(userId) ? userId : null;
      let outbound = encoded.get(viewer);
      if (outbound === undefined) {
        outbound = new EncodedEvents(events.map((event) => withoutShadows(event, shadows, viewer)));
        encoded.set(viewer, outbound);
      }
      connection.deliver(outbound);
    }
  }

  #sendLeave(member: Membership): void {
    const left = new EncodedEvents([stepEvent(this.chatId, stepOf(member))]);
    for (const connection of this.host.connectionsOf(member.userId)) {
      if (this.listeners.has(connection)) connection.deliver(left);
    }
    this.host.dismiss(member.userId, this);
  }

  #send(events: WireEvent[], shadows: ShadowSenders): void {
    if (events.length === 0) return;
    if (shadows.size > 0) this.#sendShadows(events, shadows);
    else {
      const outbound = new EncodedEvents(events);
      for (const connection of this.listeners) connection.deliver(outbound);
    }
    this.host.figures.delivered(events.length, this.listeners.size);
  }
}

/** Without an allocation for the usual steps. */
function shadowsOf(steps: readonly ChatStep[]): ShadowSenders {
  const isUsual = steps.every((step) => !("message" in step) || !step.message.shadow);
  if (isUsual) return NO_SHADOWS;
  return sendersOf(steps.flatMap((step) => "message" in step ? [step.message] : []));
}

/** Returns the senders of the messages that only they see. */
function sendersOf(messages: readonly Message[]): ShadowSenders {
  const shadows = messages.filter(({ shadow }) => shadow);
  return shadows.length === 0
    ? NO_SHADOWS
    : new Map(shadows.map((each) => [each.id, each.senderId]));
}

function stepOf(member: Membership): ChatStep {
  return { type: "member.updated", rev: member.rev, member };
}

/** True if the commit changes the membership of the chat. */
export function changesMembers(commit: ChatCommit): boolean {
  return commit.steps.some((step) => step.type === "member.updated");
}

/** Returns a promise whose rejection may go unhandled, since there may be no listener. */
function unwatched(): PromiseWithResolvers<void> {
  const ready = Promise.withResolvers<void>();
  ready.promise.catch(() => {});
  return ready;
}
