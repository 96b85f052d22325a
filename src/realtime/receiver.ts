import { NO_TRACING, type Tracing } from "../core/tracing.ts";
import type { BrokerEvents, Signal } from "../cluster/broker.ts";
import type { Hub } from "./hub.ts";
import type { Typing } from "./typing.ts";

/** Delivers the signals of other instances. */
export class Receiver implements BrokerEvents {
  constructor(
    private readonly hub: Pick<Hub, "signals" | "recover">,
    private readonly typing: Pick<Typing, "signal" | "gone">,
    private readonly tracing: Tracing = NO_TRACING,
    /** Called when another instance has changed the settings, or may have. */
    private readonly onSettings: () => void = () => {},
  ) {}

  onSignals(signals: Signal[], instance: string): void {
    if (this.tracing.isOn) { for (const signal of signals) this.#deliver(signal); }
    else this.hub.signals(signals);
    for (const signal of signals) {
      if (signal.type === "typing") this.typing.signal(signal, instance);
      if (signal.type === "settings") this.onSettings();
    }
  }

  /** Delivers within the trace of the commit that the signal points to. */
  #deliver(signal: Signal): void {
    const deliver = () => this.hub.signals([signal]);
    if (signal.type !== "chat" || signal.trace === undefined) deliver();
    else this.tracing.continued(signal.trace, "deliver", deliver);
  }

  onGap(): void {
    this.onSettings();
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
