import { NO_TRACING, type Tracing } from "../core/tracing.ts";
import type { BrokerEvents, Signal } from "../cluster/broker.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Hub } from "./hub.ts";
import type { Typing } from "./typing.ts";

export interface ReceiverOptions {
  tracing?: Tracing;
  /** Called when another instance has changed the settings, or may have. */
  onSettings?: () => void;
  /** Called when another instance has moved a chat's head to `rev`. */
  onHead?: (chatId: string, rev: number) => void;
}

/** Delivers the signals of other instances. */
export class Receiver implements BrokerEvents {
  readonly #tracing: Tracing;
  readonly #onSettings: () => void;
  readonly #onHead: NonNullable<ReceiverOptions["onHead"]>;

  constructor(
    private readonly hub: Pick<Hub, "signals" | "recover" | "commit">,
    private readonly typing: Pick<Typing, "signal" | "gone">,
    options: ReceiverOptions = {},
  ) {
    this.#tracing = options.tracing ?? NO_TRACING;
    this.#onSettings = options.onSettings ?? (() => {});
    this.#onHead = options.onHead ?? (() => {});
  }

  onCommits(commits: ChatCommit[]): void {
    for (const commit of commits) this.hub.commit(commit);
  }

  onSignals(signals: Signal[], instance: string): void {
    if (this.#tracing.isOn) { for (const signal of signals) this.#deliver(signal); }
    else this.hub.signals(signals);
    for (const signal of signals) {
      if (signal.type === "chat") this.#onHead(signal.chatId, signal.rev);
      if (signal.type === "typing" || signal.type === "typing.hide") {
        this.typing.signal(signal, instance);
      }
      if (signal.type === "settings") this.#onSettings();
    }
  }

  /** Delivers within the trace of the commit that the signal points to. */
  #deliver(signal: Signal): void {
    const deliver = () => this.hub.signals([signal]);
    if (signal.type !== "chat" || signal.trace === undefined) deliver();
    else this.#tracing.continued(signal.trace, "deliver", deliver);
  }

  onGap(): void {
    this.#onSettings();
    this.hub.recover();
  }

  onGone(instance: string): void {
    this.typing.gone(instance);
  }

  /**
   * Signals that a dead instance no longer sent are few and recent, and are found here: no client
   * has to catch up.
   */
  onDied(): void {
    this.hub.recover(false);
  }
}
