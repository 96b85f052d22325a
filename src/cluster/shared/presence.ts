import { delay } from "../../core/delay.ts";
import type { Log } from "../../core/log.ts";
import type { InstanceRow, Instances } from "./instances.ts";
import type { PresenceDirectory } from "../presence_directory.ts";

/** Where the entries lie; an entry is a pair of user and instance, and writing it twice is nothing. */
export interface PresenceTable {
  put(instance: string, userIds: string[]): Promise<void>;
  remove(instance: string, userIds: string[]): Promise<void>;
  /** The instances of each user; users without any may be left out. */
  instancesOf(userIds: string[]): Promise<Map<string, string[]>>;
  /** At most `limit` users of the instance. */
  usersOf(instance: string, limit: number): Promise<string[]>;
}

const AT_ONCE = 200;
const RETRY_MS = 1_000;
/** Asking who is online must not wait for a table that does not answer. */
const ASK_MS = 2_000;
/** After a failure it is not asked for so long: one question waits, and not each. */
const PAUSE_MS = 1_000;

/** A directory in a table that all instances share. */
export class SharedPresence implements PresenceDirectory {
  readonly #here = new Set<string>();
  /** Users whose entry may not be as `#here` says. */
  readonly #unwritten = new Set<string>();
  readonly #onVoid: ((userIds: string[], at: number) => void)[] = [];
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
      this.log.warn("Asking who is online failed", { error });
      return online;
    }
  }

  /** Those who are connected to another living instance. */
  async #elsewhere(userIds: string[]): Promise<Set<string>> {
    const found = await within(ASK_MS, this.#instancesOf(userIds));
    const counts = (id: string) => id !== this.instances.id && this.instances.counts(id);
    return new Set([...found].flatMap(([userId, ids]) => ids.some(counts) ? [userId] : []));
  }

  /**
   * An instance that is not known yet may just have begun. One that is not known then either was swept
   * while it was still writing: nobody else will remove what it wrote.
   */
  async #instancesOf(userIds: string[]): Promise<Map<string, string[]>> {
    const found = await this.table.instancesOf(userIds);
    const isUnknown = (id: string) => !this.instances.knows(id);
    const ids = [...found.values()].flat();
    // Twice, since a look that is under way already may have begun before that instance did.
    for (let looks = 0; looks < 2 && ids.some(isUnknown); looks++) await this.instances.look();
    for (const [userId, instances] of found) {
      for (const id of instances.filter(isUnknown)) await this.table.remove(id, [userId]);
    }
    return found;
  }

  onVoid(listener: (userIds: string[], at: number) => void): void {
    this.#onVoid.push(listener);
  }

  onRestored(listener: (userIds: string[]) => void): void {
    this.#onRestored.push(listener);
  }

  /** The entries stay: the others sweep them, once those who were here have had time to come back. */
  close(): void {
    this.#closed = true;
  }

  async #restore(): Promise<void> {
    const userIds = [...this.#here];
    for (const userId of userIds) this.#unwritten.add(userId);
    await (this.#writing ??= this.#writeOn());
    if (this.#closed || userIds.length === 0) return;
    for (const tell of this.#onRestored) tell(userIds);
  }

  #write(userId: string): Promise<void> {
    this.#unwritten.add(userId);
    return this.#writing ??= this.#writeOn();
  }

  /** What counts is how things are when it is written, so that coming and going cannot be mixed up. */
  async #writeOn(): Promise<void> {
    // Those who come in one turn are written together.
    await Promise.resolve();
    while (this.#unwritten.size > 0 && !this.#closed) {
      const userIds = [...this.#unwritten].slice(0, AT_ONCE);
      for (const userId of userIds) this.#unwritten.delete(userId);
      try {
        const [come, gone] = parted(userIds, (userId) => this.#here.has(userId));
        if (come.length > 0) await this.table.put(this.instances.id, come);
        if (gone.length > 0) await this.table.remove(this.instances.id, gone);
      } catch (error) {
        for (const userId of userIds) this.#unwritten.add(userId);
        this.log.warn("Writing who is connected failed", { error });
        await delay(RETRY_MS);
      }
    }
    this.#writing = null;
  }

  /**
   * Told before the entries are gone: if this instance dies meanwhile, the next one tells again. Where it
   * cannot be asked who is elsewhere, nobody is told to have gone: it is swept later.
   */
  async #sweep({ id, at }: InstanceRow): Promise<void> {
    for (;;) {
      const userIds = await this.table.usersOf(id, AT_ONCE);
      if (userIds.length === 0) return;
      const gone = userIds.filter((userId) => !this.#here.has(userId));
      const elsewhere = await this.#elsewhere(gone);
      const offline = gone.filter((userId) => !elsewhere.has(userId));
      if (offline.length > 0) { for (const tell of this.#onVoid) tell(offline, at); }
      await this.table.remove(id, userIds);
    }
  }
}

function parted<T>(items: T[], test: (item: T) => boolean): [T[], T[]] {
  const is: T[] = [];
  const isNot: T[] = [];
  for (const item of items) (test(item) ? is : isNot).push(item);
  return [is, isNot];
}

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms);
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
