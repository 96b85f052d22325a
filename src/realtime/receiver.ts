import type { BrokerEvents, Signal } from "./broker.ts";
import type { Hub } from "./hub.ts";
import type { Typing } from "./typing.ts";

/** Hands what other instances tell to whom it concerns. */
export class Receiver implements BrokerEvents {
  constructor(
    private readonly hub: Pick<Hub, "signals" | "recover">,
    private readonly typing: Pick<Typing, "signal" | "gone">,
  ) {}

  onSignals(signals: Signal[], instance: string): void {
    this.hub.signals(signals);
    for (const signal of signals) {
      if (signal.type === "typing") this.typing.signal(signal, instance);
    }
  }

  onGap(): void {
    this.hub.recover();
  }

  onGone(instance: string): void {
    this.typing.gone(instance);
  }

  /** What it did not tell any more is a moment's, and is found here: no client has to catch up for it. */
  onDied(): void {
    this.hub.recover(false);
  }
}
