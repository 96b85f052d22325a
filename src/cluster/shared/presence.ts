import { withDeadline } from "../../core/deadline.ts";
import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { InstanceRow, Instances } from "./instances.ts";
import type { PresenceDirectory } from "../presence_directory.ts";

/**
 * Storage of the entries; an entry is a pair of user and instance, and writing it twice changes
 * nothing.
 */
export interface PresenceTable {
  put(instance: string, userIds: string[]): Promise<void>;
  remove(instance: string, userIds: string[]): Promise<void>;
  /** Returns the instances of each user; users without any may be left out. */
  instancesOf(userIds: string[]): Promise<Map<string, string[]>>;
  /** Returns at most `limit` users of the instance. */
  usersOf(instance: string, limit: number): Promise<string[]>;
}

const BATCH_SIZE = 200;
const RETRY_MS = 1_000;
/** A query of who is online must not wait longer for a table that does not respond. */
const QUERY_TIMEOUT_MS = 2_000;
/** After a failure the table is not queried for this long: one query waits, and not each. */
const PAUSE_MS = 1_000;

/** A directory in a table that all instances share. */
export class SharedPresence implements PresenceDirectory {
  readonly #here = new Set<string>();
  /** Users whose stored entry may differ from `#here`. */
  readonly #unwritten = new Set<string>();
  readonly #onOffline: ((userIds: string[], at: number) => void)[] = [];
  readonly #onRestored: ((userIds: string[]) => void)[] = [];
  #writing: Promise<void> | null = null;
  #pausedUntil = 0;
  #closed = false;

  constructor(
    private readonly table: PresenceTable,
    private readonly instances: Instances,
    private readonly log: Log,
  ) {
    instances.listen({
      onRevived: () => void this.#restore(),
      sweep: (row) => this.#sweep(row),
    });
  }

  enter(userId: string): Promise<void> {
    this.#here.add(userId);
    return this.#write(userId);
  }

  leave(userId: string): Promise<void> {
    this.#here.delete(userId);
    return this.#write(userId);
  }

  async online(userIds: string[]): Promise<Set<string>> {
    const online = new Set(userIds.filter((userId) => this.#here.has(userId)));
    const others = userIds.filter((userId) => !online.has(userId));
    if (others.length === 0 || performance.now() < this.#pausedUntil) return online;
    try {
      return online.union(await this.#elsewhere(others));
    } catch (error) {
      this.#pausedUntil = performance.now() + PAUSE_MS;
      this.log.warn("Presence query failed", { error });
      return online;
    }
  }

  /** Returns those who are connected to another living instance. */
  async #elsewhere(userIds: string[]): Promise<Set<string>> {
    const found = await withDeadline(this.#instancesOf(userIds), QUERY_TIMEOUT_MS);
    const counts = (id: string) => id !== this.instances.id && this.instances.counts(id);
    return new Set([...found].flatMap(([userId, ids]) => ids.some(counts) ? [userId] : []));
  }

  /**
   * An instance that is not known yet may just have begun. One that is still unknown after a
   * refresh was swept while it was writing: no other instance will remove its entries.
   */
  async #instancesOf(userIds: string[]): Promise<Map<string, string[]>> {
    const found = await this.table.instancesOf(userIds);
    const isUnknown = (id: string) => !this.instances.knows(id);
    const ids = [...found.values()].flat();
    // Twice, since a refresh that is under way may have begun before that instance did.
    for (let i = 0; i < 2 && ids.some(isUnknown); i++) await this.instances.refresh();
    for (const [userId, instances] of found) {
      for (const id of instances.filter(isUnknown)) await this.table.remove(id, [userId]);
    }
    return found;
  }

  onOffline(listener: (userIds: string[], at: number) => void): void {
    this.#onOffline.push(listener);
  }

  onRestored(listener: (userIds: string[]) => void): void {
    this.#onRestored.push(listener);
  }

  /** Entries stay: other instances sweep them, once the users have had time to reconnect. */
  close(): void {
    this.#closed = true;
  }

  async #restore(): Promise<void> {
    const userIds = [...this.#here];
    for (const userId of userIds) this.#unwritten.add(userId);
    await (this.#writing ??= this.#writePending());
    if (this.#closed || userIds.length === 0) return;
    for (const listener of this.#onRestored) listener(userIds);
  }

  #write(userId: string): Promise<void> {
    this.#unwritten.add(userId);
    return this.#writing ??= this.#writePending();
  }

  /**
   * The state at the time of writing counts, so that connects and disconnects cannot be mixed up.
   */
  async #writePending(): Promise<void> {
    // Users who connect in the same turn are written together.
    await Promise.resolve();
    while (this.#unwritten.size > 0 && !this.#closed) {
      const userIds = [...this.#unwritten].slice(0, BATCH_SIZE);
      for (const userId of userIds) this.#unwritten.delete(userId);
      try {
        const [online, offline] = partition(userIds, (userId) => this.#here.has(userId));
        if (online.length > 0) await this.table.put(this.instances.id, online);
        if (offline.length > 0) await this.table.remove(this.instances.id, offline);
      } catch (error) {
        for (const userId of userIds) this.#unwritten.add(userId);
        this.log.warn("Presence write failed", { error });
        await delay(RETRY_MS);
      }
    }
    this.#writing = null;
  }

  /**
   * Notifies before deleting the entries: if this instance dies in between, the next one notifies
   * again. If the other connections of a user cannot be queried, the sweep fails and is repeated
   * later.
   */
  async #sweep({ id, at }: InstanceRow): Promise<void> {
    for (;;) {
      const userIds = await this.table.usersOf(id, BATCH_SIZE);
      if (userIds.length === 0) return;
      const gone = userIds.filter((userId) => !this.#here.has(userId));
      const elsewhere = await this.#elsewhere(gone);
      const offline = gone.filter((userId) => !elsewhere.has(userId));
      if (offline.length > 0) { for (const listener of this.#onOffline) listener(offline, at); }
      await this.table.remove(id, userIds);
    }
  }
}

function partition<T>(items: T[], test: (item: T) => boolean): [T[], T[]] {
  const is: T[] = [];
  const isNot: T[] = [];
  for (const item of items) (test(item) ? is : isNot).push(item);
  return [is, isNot];
}
