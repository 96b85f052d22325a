import type { ChatCommit } from "../model/chat_step.ts";
import type { WireEvent } from "../model/event.ts";

/**
 * Messages between instances. Small on purpose: no text of a message ever enters the broker, and
 * every lost signal is made up for by the next catch-up, so a broker may lose, repeat and reorder
 * signals.
 */
export type Signal =
  /**
   * A chat's head is at `rev` now. If its membership has changed, `membersAfter` is a revision
   * before the first such change: members who joined get everything after it. `trace` is the
   * `traceparent` (W3C Trace Context) of the commit, present only while telemetry is on.
   */
  | { type: "chat"; chatId: string; rev: number; membersAfter?: number; trace?: string }
  /** An ephemeral event for every connection that listens to a chat (receipts). */
  | { type: "room"; chatId: string; event: WireEvent }
  /**
   * An ephemeral event for every connection that listens to any of these chats, once each
   * (presence).
   */
  | { type: "rooms"; chatIds: string[]; event: WireEvent; exceptUserIds: string[] }
  /** An ephemeral event for all connections of these users (notifications). */
  | { type: "users"; userIds: string[]; event: WireEvent }
  /**
   * Whether a user is typing on the publishing instance; `silent` means that clients get no event.
   */
  | { type: "typing"; chatId: string; userId: string; typing: boolean; silent?: true }
  /**
   * A user must not be seen typing: nowhere, or not in the direct chats with `peerId`. The instance
   * on which they type ends it. Earlier releases ignore it.
   */
  | { type: "typing.hide"; userId: string; peerId?: string }
  /** Webhook endpoints or documents of administrators have changed: instances read them again. */
  | { type: "settings" }
  /** Sessions that have ended: their sockets close. */
  | { type: "sessions"; sessionIds: string[] };

export interface BrokerEvents {
  /** Signals of another instance, in the order in which it published them. */
  onSignals(signals: Signal[], instance: string): void;
  /** Commits of another thread of this process, on disk, each before the signal of its head. */
  onCommits?(commits: ChatCommit[]): void;
  /** Signals may have been missed: state has to be read from the Store again. */
  onGap(): void;
  /** An instance has died or left: its ephemeral state (who is typing) no longer holds. */
  onGone(instance: string): void;
  /** An instance has died: its last commits may not have been announced. */
  onDied(): void;
}

/** Carries signals between instances; an instance never receives its own. */
export interface Broker {
  /** Subscribes. Signals published before are not received. */
  start(events: BrokerEvents): Promise<void>;
  /** Never throws and never waits: a signal that cannot be sent is kept for a while, or dropped. */
  publish(signal: Signal): void;
  /**
   * Hands the rows of a commit, whose signal is published next, to the other threads of this
   * process, so that they need not read them. Rows never leave the process.
   */
  handOver?(commit: ChatCommit): void;
  /** Resolves once every published signal has been handed over, or cannot be. */
  flush(): Promise<void>;
  /** Number of calls made so far to the service that carries the signals. */
  readonly operations: number;
  /** Null while it works, otherwise the reason why not, for `/readyz`. */
  fault(): string | null;
  /** Flushes, and deregisters the instance. */
  close(): Promise<void>;
}
