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
  /** Milliseconds that a round waits for its slowest push. */
  roundMs?: number;
  /** Called after each attempt, `ageMs` milliseconds after the commit that caused the push. */
  observe(outcome: PushResult["outcome"], ageMs: number): void;
  /** Called with the pushes that devices now show. */
  onShown(rows: ShownPush[]): Promise<void>;
}

/** One push for one device. */
export interface Send {
  device: PushDevice;
  push: Push;
  candidate: PushCandidate;
  /** Recorded as shown by the device once the push was delivered. */
  shows?: ShownPush;
  /** Removed from the pushes shown by the device once the push was delivered. */
  withdraws?: ShownPush;
}

interface Sent extends Send {
  result: PushResult | null;
  /** Milliseconds from the commit to the result. */
  ageMs: number;
  settled: Promise<void>;
}

type Retry = Extract<PushResult, { outcome: "retry" }>;

const ROUND_MS = 2_000;
/**
 * Due time of the entries for late pushes. Longer than a push waits and is sent, so that such an
 * entry is sent again only after a crash.
 */
const DETACHED_DUE_MS = 5 * 60_000;

/** Sends the pushes of a round concurrently, and detaches those that are not done in time. */
export class PushDelivery {
  readonly #options: Required<PushDeliveryOptions>;
  readonly #late = new Set<Promise<void>>();
  #isStopping = false;

  constructor(options: PushDeliveryOptions) {
    this.#options = { roundMs: ROUND_MS, ...options };
  }

  /**
   * Resolves after `roundMs` at the latest, with the entries by which failed pushes are retried.
   * Pushes in flight by then continue in the background: the outbox has an entry for each until it
   * was delivered.
   */
  async send(sends: readonly Send[]): Promise<OutboxEntry[]> {
    const sent = sends.map((send) => this.#begin(send));
    await settledWithin(sent.map(({ settled }) => settled), this.#options.roundMs);
    const late = sent.filter(({ result }) => result === null);
    const retries = await this.#finish(sent.filter(({ result }) => result !== null));
    if (late.length > 0) await this.#detach(late);
    return retries;
  }

  /** Aborts the pushes in flight. */
  stop(): void {
    this.#isStopping = true;
    this.#options.lanes.close();
  }

  /** Resolves once no detached push is in flight. */
  async idle(): Promise<void> {
    while (this.#late.size > 0) await Promise.all(this.#late);
  }

  #begin(send: Send): Sent {
    const { device, push } = send;
    const sent: Sent = { ...send, result: null, ageMs: 0, settled: Promise.resolve() };
    sent.settled = this.#options.lanes.deliver(device.userId, device.address, push)
      .then((result) => {
        sent.result = result;
        sent.ageMs = this.#options.clock.now() - send.candidate.entry.createdAt;
      });
    return sent;
  }

  async #detach(late: readonly Sent[]): Promise<void> {
    const { store, clock } = this.#options;
    const dueAt = clock.now() + DETACHED_DUE_MS;
    const groups = [...Map.groupBy(late, ({ candidate }) => candidate.event).values()];
    const entries = groups.map((group) => entryFor(group, dueAt));
    await store.outbox.settle([], entries);
    for (const [at, group] of groups.entries()) this.#follow(group, entries[at].id);
  }

  #follow(group: readonly Sent[], entryId: string): void {
    const { store, log } = this.#options;
    const followed = Promise.all(group.map(({ settled }) => settled))
      .then(async () => await store.outbox.settle([entryId], await this.#finish(group)))
      .catch((error) => log.warn("Recording late pushes failed; they are retried", { error }))
      .finally(() => this.#late.delete(followed));
    this.#late.add(followed);
  }

  async #finish(sent: readonly Sent[]): Promise<OutboxEntry[]> {
    const toRetry: Sent[] = [];
    for (const each of sent) if (await this.#isToRetry(each)) toRetry.push(each);
    await this.#record(sent);
    return this.#retriesOf(toRetry);
  }

  /**
   * Records what the devices show now. A device that is gone or rejected the push shows what it
   * showed before.
   */
  async #record(sent: readonly Sent[]): Promise<void> {
    const { store, onShown } = this.#options;
    const finished = sent.filter(({ result }) => result!.outcome !== "retry");
    const withdrawn = finished.flatMap(({ withdraws }) => withdraws ?? []);
    if (withdrawn.length > 0) await store.shownPushes.remove(withdrawn);
    const shown = finished.filter(({ result }) => result!.outcome === "delivered")
      .flatMap(({ shows }) => shows ?? []);
    if (shown.length === 0) return;
    await store.shownPushes.put(shown);
    await onShown(shown);
  }

  /** Removes a device that is gone, and logs why a push was not delivered. */
  async #isToRetry({ device, candidate, result, ageMs }: Sent): Promise<boolean> {
    const { store, clock, log, observe } = this.#options;
    observe(result!.outcome, ageMs);
    if (result!.outcome === "delivered") return false;
    const { reason } = result!;
    const details = { deviceId: device.id, reason };
    if (result!.outcome === "gone") {
      log.info("A push device is gone", details);
      await store.pushDevices.remove(device.userId, device.id);
      return false;
    }
    if (result!.outcome === "rejected") {
      log.warn("A push was rejected", details);
      return false;
    }
    const isToRetry = retryAt(candidate.entry, clock.now(), (result as Retry).afterMs) !== null;
    if (!isToRetry) log.warn("A push was given up after a day", details);
    else if (!this.#isStopping) log.warn("A push is retried", details);
    return isToRetry;
  }

  /** Creates one entry for all devices that failed in the same way on one event. */
  #retriesOf(sent: readonly Sent[]): OutboxEntry[] {
    const now = this.#options.clock.now();
    const byEvent = Map.groupBy(sent, ({ candidate }) => candidate.event);
    return [...byEvent.values()].flatMap((group) => {
      const alike = Map.groupBy(group, ({ result }) => {
        const { afterMs = 0, unreachable = false } = result as Retry;
        return `${Math.ceil(afterMs / 1000)} ${unreachable}`;
      });
      return [...alike.values()].map((failed) => {
        const waits = failed.map(({ result }) => (result as Retry).afterMs ?? 0);
        const { entry } = failed[0].candidate;
        const dueAt = retryAt(entry, now, Math.max(...waits)) ?? now;
        return { ...entryFor(failed, dueAt), attempts: entry.attempts + 1 };
      });
    });
  }
}

function entryFor(sent: readonly Sent[], dueAt: number): OutboxEntry {
  const [{ candidate: { entry, event } }] = sent;
  const deviceIds = sent.map(({ device }) => device.id);
  return { ...entry, id: newId(), occurrences: [event], deviceIds, dueAt };
}
