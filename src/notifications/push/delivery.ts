import type { Clock } from "../../core/clock.ts";
import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";
import { settledWithin } from "../../core/settled_within.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";
import type { PushDevice } from "../../model/push_device.ts";
import type { ShownPush } from "../../model/shown_push.ts";
import type { Store } from "../../store/store.ts";
import type { PushCandidate } from "../recipient_resolver.ts";
import type { PushLanes } from "./lanes.ts";
import type { Push, PushResult } from "./sender.ts";
import { retryAt } from "./retry_times.ts";

export interface PushDeliveryOptions {
  store: Pick<Store, "pushDevices" | "shownPushes" | "outbox">;
  lanes: PushLanes;
  clock: Clock;
  log: Log;
  /** How long a round waits for its slowest push, in milliseconds. */
  roundMs?: number;
  /** An attempt ended, `ageMs` after the commit that caused it. */
  observe(outcome: PushResult["outcome"], ageMs: number): void;
  /** Called with what devices show since now. */
  onShown(rows: ShownPush[]): Promise<void>;
}

/** One push on its way to one device. */
export interface Send {
  device: PushDevice;
  push: Push;
  showing: PushCandidate;
  /** What the device shows once it has arrived. */
  shows?: ShownPush;
  /** What the device shows no more once it has arrived. */
  takesBack?: ShownPush;
}

interface Sent extends Send {
  result: PushResult | null;
  /** From the commit to the result, in milliseconds. */
  ageMs: number;
  settled: Promise<void>;
}

type Retry = Extract<PushResult, { outcome: "retry" }>;

const ROUND_MS = 2_000;
/** Longer than any push waits and is sent: only after a crash are those left behind sent again by it. */
const LEFT_BEHIND_MS = 5 * 60_000;

/** Sends the pushes of a round side by side, and leaves behind the devices that do not answer in time. */
export class PushDelivery {
  readonly #options: Required<PushDeliveryOptions>;
  readonly #late = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: PushDeliveryOptions) {
    this.#options = { roundMs: ROUND_MS, ...options };
  }

  /**
   * Resolves with the entries by which failed pushes are retried, after `roundMs` at the latest. What is
   * under way by then goes on by itself: an entry for each is in the outbox until it has arrived.
   */
  async send(sends: readonly Send[]): Promise<OutboxEntry[]> {
    const sent = sends.map((send) => this.#begin(send));
    await settledWithin(sent.map(({ settled }) => settled), this.#options.roundMs);
    const late = sent.filter(({ result }) => result === null);
    const retries = await this.#conclude(sent.filter(({ result }) => result !== null));
    if (late.length > 0) await this.#leaveBehind(late);
    return retries;
  }

  /** Aborts what is under way. */
  stop(): void {
    this.#isStopping = true;
    this.#options.lanes.close();
  }

  /** Resolves once nothing that was left behind is under way. */
  async idle(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  #begin(send: Send): Sent {
    const { device, push } = send;
    const sent: Sent = { ...send, result: null, ageMs: 0, settled: Promise.resolve() };
    sent.settled = this.#options.lanes.deliver(device.userId, device.address, push)
      .then((result) => {
        sent.result = result;
        sent.ageMs = this.#options.clock.now() - send.showing.entry.createdAt;
      });
    return sent;
  }

  async #leaveBehind(late: readonly Sent[]): Promise<void> {
    const { store, clock } = this.#options;
    const dueAt = clock.now() + LEFT_BEHIND_MS;
    const groups = [...Map.groupBy(late, ({ showing }) => showing.occurrence).values()];
    const entries = groups.map((group) => entryFor(group, dueAt));
    await store.outbox.settle([], entries);
    for (const [at, group] of groups.entries()) this.#follow(group, entries[at].id);
  }

  #follow(group: readonly Sent[], entryId: string): void {
    const { store, log } = this.#options;
    const followed = Promise.all(group.map(({ settled }) => settled))
      .then(async () => await store.outbox.settle([entryId], await this.#conclude(group)))
      .catch((error) => log.warn("Settling late pushes failed; they are retried", { error }))
      .finally(() => this.#late.delete(followed));
    this.#late.add(followed);
  }

  async #conclude(sent: readonly Sent[]): Promise<OutboxEntry[]> {
    const again: Sent[] = [];
    for (const each of sent) if (await this.#isToRetry(each)) again.push(each);
    await this.#record(sent);
    return this.#retriesOf(again);
  }

  /** What the devices show now. One that is gone, or refuses the push, shows what it shows. */
  async #record(sent: readonly Sent[]): Promise<void> {
    const { store, onShown } = this.#options;
    const over = sent.filter(({ result }) => result!.outcome !== "retry");
    const takenBack = over.flatMap(({ takesBack }) => takesBack ?? []);
    if (takenBack.length > 0) await store.shownPushes.remove(takenBack);
    const shown = over.filter(({ result }) => result!.outcome === "delivered")
      .flatMap(({ shows }) => shows ?? []);
    if (shown.length === 0) return;
    await store.shownPushes.put(shown);
    await onShown(shown);
  }

  /** Removes the device that is gone, and logs why a push did not arrive. */
  async #isToRetry({ device, showing, result, ageMs }: Sent): Promise<boolean> {
    const { store, clock, log, observe } = this.#options;
    observe(result!.outcome, ageMs);
    if (result!.outcome === "delivered") return false;
    const { reason } = result!;
    const about = { deviceId: device.id, reason };
    if (result!.outcome === "gone") {
      log.info("A push device is gone", about);
      await store.pushDevices.remove(device.userId, device.id);
      return false;
    }
    if (result!.outcome === "rejected") {
      log.warn("A push was rejected", about);
      return false;
    }
    const isToRetry = retryAt(showing.entry, clock.now(), (result as Retry).afterMs) !== null;
    if (!isToRetry) log.warn("A push was given up after a day", about);
    else if (!this.#isStopping) log.warn("A push is retried", about);
    return isToRetry;
  }

  /** One entry for all devices of one occurrence that failed alike. */
  #retriesOf(sent: readonly Sent[]): OutboxEntry[] {
    const now = this.#options.clock.now();
    const byOccurrence = Map.groupBy(sent, ({ showing }) => showing.occurrence);
    return [...byOccurrence.values()].flatMap((group) => {
      const alike = Map.groupBy(group, ({ result }) => {
        const { afterMs = 0, unreachable = false } = result as Retry;
        return `${Math.ceil(afterMs / 1000)} ${unreachable}`;
      });
      return [...alike.values()].map((failed) => {
        const waits = failed.map(({ result }) => (result as Retry).afterMs ?? 0);
        const { entry } = failed[0].showing;
        const dueAt = retryAt(entry, now, Math.max(...waits)) ?? now;
        return { ...entryFor(failed, dueAt), attempts: entry.attempts + 1 };
      });
    });
  }
}

function entryFor(sent: readonly Sent[], dueAt: number): OutboxEntry {
  const [{ showing: { entry, occurrence } }] = sent;
  const deviceIds = sent.map(({ device }) => device.id);
  return { ...entry, id: newId(), occurrences: [occurrence], deviceIds, dueAt };
}
