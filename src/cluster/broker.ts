import type { WireEvent } from "../model/event.ts";

/**
 * What instances tell each other. Small on purpose: no text of a message ever enters the broker, and
 * all that is lost is found by the next catch-up, so a broker may lose, double and reorder signals.
 */
export type Signal =
  /**
   * A chat's head is at `rev` now. Where who is in it has changed, `membersAfter` is a revision before
   * the first such change: who has joined hears everything after it. `trace` is the `traceparent` (W3C Trace
   * Context) of the commit, and there only while telemetry is on.
   */
  | { type: "chat"; chatId: string; rev: number; membersAfter?: number; trace?: string }
  /** An ephemeral event for all who listen to a chat (receipts). */
  | { type: "room"; chatId: string; event: WireEvent }
  /** An ephemeral event for all who listen to any of these chats, once each (presence). */
  | { type: "rooms"; chatIds: string[]; event: WireEvent; exceptUserIds: string[] }
  /** An ephemeral event for all connections of these users (notifications). */
  | { type: "users"; userIds: string[]; event: WireEvent }
  /** Whether someone is writing on the instance that tells it; `silent`: no client need hear of it. */
  | { type: "typing"; chatId: string; userId: string; typing: boolean; silent?: true }
  /** Sessions that have ended: their sockets close. */
  | { type: "sessions"; sessionIds: string[] };

export interface BrokerEvents {
  /** Signals of another instance, in the order in which it published them. */
  onSignals(signals: Signal[], instance: string): void;
  /** Signals may have been missed: whoever listens has to ask the Store. */
  onGap(): void;
  /** An instance has died or left: what it said of the moment (who is typing) no longer holds. */
  onGone(instance: string): void;
  /** One of them has died: what it had written last it may not have told. */
  onDied(): void;
}

/** Carries signals between instances; an instance never hears its own. */
export interface Broker {
  /** Begins to listen. Signals published before are not heard. */
  start(events: BrokerEvents): Promise<void>;
  /** Never throws and never waits: what cannot be sent is kept for a while, or dropped. */
  publish(signal: Signal): void;
  /** Resolves once all that was published has been handed over, or cannot be. */
  flush(): Promise<void>;
  /** Calls made so far of what carries the signals. */
  readonly operations: number;
  /** Null when it works, otherwise why it does not, for `/readyz`. */
  fault(): string | null;
  /** Flushes, and leaves. */
  close(): Promise<void>;
}
