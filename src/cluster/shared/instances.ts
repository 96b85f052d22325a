import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";

/** The heartbeat row of an instance, written every few seconds. */
export interface InstanceRow {
  id: string;
  /** `left`: it closed in good order. `dead`: another instance is sweeping its data. */
  state: "alive" | "left" | "dead";
  /** Time of writing, by the writer's clock; epoch milliseconds. */
  at: number;
  /** The number of its last batch of signals. */
  head: number;
}

/** The table in which instances find each other. Rows stay until they are swept. */
export interface InstanceTable {
  /** `version` changes with every write. */
  list(): Promise<(InstanceRow & { version: string })[]>;
  /** Returns the new version. Makes the other instances refresh at once, where that is possible. */
  write(row: InstanceRow): Promise<string>;
  /**
   * Writes `row` if its version is still `version`: returns the new version for one of several
   * concurrent callers, null for the others.
   */
  replace(row: InstanceRow, version: string): Promise<string | null>;
  remove(id: string): Promise<void>;
}

export interface InstanceListener {
  /** An instance joined after this one began. */
  onJoined?(id: string): void;
  /** An instance died or `left` in good order, and its data has been swept. */
  onGone?(id: string, left: boolean): void;
  /** The rows of the other instances have been read. */
  onRefreshed?(): void;
  /**
   * Other instances may have swept the data of this one: they considered it dead (it was suspended,
   * or cut off); or the table has lost its row, and everything else stored with it.
   */
  onRevived?(): void;
  /**
   * Deletes the data of instance `row.id`; called on one instance only. Called again if it fails.
   */
  sweep?(row: InstanceRow): Promise<void>;
}

export interface InstancesOptions {
  table: InstanceTable;
  log: Log;
  id?: string;
  beatMs?: number;
  /** An instance without a heartbeat for this long is dead. */
  deadMs?: number;
  /**
   * For this long after an instance left in good order, its clients may reconnect to another one.
   */
  leftGraceMs?: number;
  /** Monotonic milliseconds, for tests. */
  now?: () => number;
}

interface Peer {
  row: InstanceRow;
  version: string;
  /** True if the instance announced that it leaves: the sweep overwrites that state. */
  left: boolean;
  /**
   * When its row last changed, or was first seen, by this instance's own clock. `row.at` decides
   * nothing: an instance whose clock is behind would be considered dead at first sight, again and
   * again.
   */
  changedAt: number;
}

/**
 * Tracks which instances are alive. Each writes a row every few seconds and reads the others'; a
 * row that has not changed for a while belongs to a dead instance. The first instance to claim that
 * row sweeps it.
 */
export class Instances {
  readonly id: string;
  /** The number of this instance's last batch, maintained by the broker. */
  head = 0;
  /**
   * Set by the broker, so that a table that does not respond is noticed when there is no other
   * traffic.
   */
  guard: <T>(call: () => Promise<T>) => Promise<T> = (call) => call();
  readonly #peers = new Map<string, Peer>();
  readonly #listeners: InstanceListener[] = [];
  readonly #beatMs: number;
  readonly #deadMs: number;
  readonly #leftGraceMs: number;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #starting: Promise<void> | null = null;
  #refreshing: Promise<void> | null = null;
  #beating: Promise<void> | null = null;
  #lastBeat = Infinity;
  /** Version of this instance's row, as of the last write. */
  #version = "";
  #left = false;

  constructor(private readonly options: InstancesOptions) {
    this.id = options.id ?? newId();
    this.#beatMs = options.beatMs ?? 3_000;
    this.#deadMs = options.deadMs ?? 10_000;
    this.#leftGraceMs = options.leftGraceMs ?? 5_000;
    this.#now = options.now ?? (() => performance.now());
  }

  listen(listener: InstanceListener): void {
    this.#listeners.push(listener);
  }

  /** Safe to call twice. Resolves once this instance is known to others, and others to it. */
  start(): Promise<void> {
    return this.#starting ??= this.#start();
  }

  /** The other instances that are alive, or have left and not been swept yet. */
  peers(): InstanceRow[] {
    return [...this.#peers.values()].map(({ row }) => row);
  }

  /** True if there is no other instance, as far as known. */
  get isAlone(): boolean {
    return this.#peers.size === 0;
  }

  /** True if users connected to that instance count as connected. */
  counts(id: string): boolean {
    if (id === this.id) return true;
    const peer = this.#peers.get(id);
    return peer !== undefined && peer.row.state !== "dead" && !this.#isOver(peer);
  }

  /** False for an instance that has just begun, or is long gone: then `refresh` is due. */
  knows(id: string): boolean {
    return id === this.id || this.#peers.has(id);
  }

  /** Reads the rows of the other instances now, not with the next heartbeat. */
  refresh(): Promise<void> {
    return this.#refreshing ??= this.#refresh().finally(() => this.#refreshing = null);
  }

  /** Announces that this instance leaves; others sweep its data after a while. */
  async leave(): Promise<void> {
    if (this.#left || !this.#starting) return;
    this.#left = true;
    clearTimeout(this.#timer);
    await this.#starting;
    // A heartbeat that reached the table later would undo it.
    await this.#beating;
    await this.options.table.write(this.#row("left"));
  }

  async #start(): Promise<void> {
    this.#version = await this.options.table.write(this.#row("alive"));
    this.#lastBeat = this.#now();
    await this.#refresh(true);
    this.#beatLater();
  }

  #beatLater(): void {
    if (this.#left) return;
    this.#timer = setTimeout(() => {
      this.#beating = this.#beat().finally(() => this.#beatLater());
    }, this.#beatMs);
  }

  async #beat(): Promise<void> {
    try {
      const isMine = await this.#writeHeartbeat();
      // The cause that cut this instance off (a table that was down, say) may have cut off the
      // others too.
      const now = this.#now();
      if (now - this.#lastBeat > this.#deadMs) {
        for (const peer of this.#peers.values()) peer.changedAt = now;
      }
      this.#lastBeat = now;
      if (!isMine) { for (const listener of this.#listeners) listener.onRevived?.(); }
      await this.refresh();
    } catch (error) {
      this.options.log.warn("Heartbeat failed", { error });
    }
  }

  /**
   * Returns false if its row was missing, or another instance's: it was swept, or the table has
   * lost it.
   */
  async #writeHeartbeat(): Promise<boolean> {
    const { table } = this.options;
    const replaced = await this.guard(() => table.replace(this.#row("alive"), this.#version));
    this.#version = replaced ?? await this.guard(() => table.write(this.#row("alive")));
    return replaced !== null;
  }

  async #refresh(first = false): Promise<void> {
    const rows = await this.guard(() => this.options.table.list());
    const now = this.#now();
    const found = new Set<string>();
    for (const { version, ...row } of rows) {
      if (row.id === this.id) continue;
      found.add(row.id);
      const peer = this.#peers.get(row.id);
      if (peer?.version === version) continue;
      const left = row.state === "left" || (row.state === "dead" && peer?.left === true);
      this.#peers.set(row.id, { row, version, left, changedAt: now });
      if (!peer && !first) { for (const each of this.#listeners) each.onJoined?.(row.id); }
    }
    for (const id of [...this.#peers.keys()]) if (!found.has(id)) this.#forget(id);
    for (const peer of [...this.#peers.values()]) if (this.#isOver(peer)) this.#sweep(peer);
    for (const listener of this.#listeners) listener.onRefreshed?.();
  }

  #isOver({ row, changedAt }: Peer): boolean {
    const maxMs = row.state === "left" ? this.#leftGraceMs : this.#deadMs;
    return this.#now() - changedAt > maxMs;
  }

  async #sweep({ row, version }: Peer): Promise<void> {
    const { table, log } = this.options;
    try {
      if (this.#left) return;
      const mine = await table.replace({ ...row, state: "dead", at: Date.now() }, version);
      if (mine === null) return;
      for (const listener of this.#listeners) await listener.sweep?.(row);
      await table.remove(row.id);
      this.#forget(row.id);
    } catch (error) {
      log.warn("Sweep of a gone instance failed", { instance: row.id, error });
    }
  }

  #forget(id: string): void {
    const peer = this.#peers.get(id);
    if (!peer) return;
    this.#peers.delete(id);
    for (const listener of this.#listeners) listener.onGone?.(id, peer.left);
  }

  #row(state: InstanceRow["state"]): InstanceRow {
    return { id: this.id, state, at: Date.now(), head: this.head };
  }
}
