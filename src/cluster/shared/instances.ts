import { newId } from "../../core/ids.ts";
import type { Log } from "../../core/log.ts";

/** What an instance says of itself, again and again. */
export interface InstanceRow {
  id: string;
  /** `left`: it closed in good order. `dead`: another one is sweeping what it left behind. */
  state: "alive" | "left" | "dead";
  /** When it was written, by its writer's clock; epoch milliseconds. */
  at: number;
  /** The number of its last batch of signals. */
  head: number;
}

/** Where instances find each other. Rows stay until they are swept. */
export interface InstanceTable {
  /** `version` changes with every write. */
  list(): Promise<(InstanceRow & { version: string })[]>;
  /** Answers its version. Others are made to look at once, where that is possible. */
  write(row: InstanceRow): Promise<string>;
  /** Writes `row` if its version is still that: the new version for one of several that try, else null. */
  replace(row: InstanceRow, version: string): Promise<string | null>;
  remove(id: string): Promise<void>;
}

export interface InstanceListener {
  /** It was not there when this instance began. */
  onJoined?(id: string): void;
  /** It died or `left` in good order, and what it left behind has been swept by someone. */
  onGone?(id: string, left: boolean): void;
  /** The rows of the others have been read. */
  onLooked?(): void;
  /**
   * Others may have swept what this instance left behind: they thought it dead (it was suspended, or
   * cut off); or the table has lost its row, and whatever else was there with it.
   */
  onRevived?(): void;
  /** Of one instance only: clears away what `row.id` left behind. May be called again if it fails. */
  sweep?(row: InstanceRow): Promise<void>;
}

export interface InstancesOptions {
  table: InstanceTable;
  log: Log;
  id?: string;
  beatMs?: number;
  /** Without a sign of life for so long, an instance is dead. */
  deadMs?: number;
  /** For so long after an instance left in good order, its clients may come back elsewhere. */
  leftGraceMs?: number;
}

interface Peer {
  row: InstanceRow;
  version: string;
  /** Whether it said so: whoever sweeps it writes over that. */
  left: boolean;
  /**
   * When its row last changed, or was first seen, by this instance's own clock. `row.at` decides nothing:
   * an instance whose clock is behind would be taken for dead at first sight, again and again.
   */
  changedAt: number;
}

/**
 * Which instances are alive. Each writes a row every few seconds and reads the others'; a row that has
 * not changed for a while is of a dead one. The first who takes it over sweeps it.
 */
export class Instances {
  readonly id: string;
  /** The number of this instance's last batch, kept by the broker. */
  head = 0;
  /** Set by the broker, so that a table that does not answer is noticed when nothing else is said. */
  guard: <T>(call: () => Promise<T>) => Promise<T> = (call) => call();
  readonly #peers = new Map<string, Peer>();
  readonly #listeners: InstanceListener[] = [];
  readonly #beatMs: number;
  readonly #deadMs: number;
  readonly #leftGraceMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #starting: Promise<void> | null = null;
  #looking: Promise<void> | null = null;
  #beating: Promise<void> | null = null;
  #lastBeat = Infinity;
  /** Of this instance's row, as it was written last. */
  #version = "";
  #left = false;

  constructor(private readonly options: InstancesOptions) {
    this.id = options.id ?? newId();
    this.#beatMs = options.beatMs ?? 3_000;
    this.#deadMs = options.deadMs ?? 10_000;
    this.#leftGraceMs = options.leftGraceMs ?? 5_000;
  }

  listen(listener: InstanceListener): void {
    this.#listeners.push(listener);
  }

  /** Safe to call twice. Resolves once this instance is known to others, and others to it. */
  start(): Promise<void> {
    return this.#starting ??= this.#start();
  }

  /** The others that are alive, or have left and not been swept yet. */
  peers(): InstanceRow[] {
    return [...this.#peers.values()].map(({ row }) => row);
  }

  /** Whether there is nobody else, as far as is known. */
  get isAlone(): boolean {
    return this.#peers.size === 0;
  }

  /** Whether who is connected to that instance counts as connected. */
  counts(id: string): boolean {
    if (id === this.id) return true;
    const peer = this.#peers.get(id);
    return peer !== undefined && peer.row.state !== "dead" && !this.#isOver(peer);
  }

  /** False of one that has just begun, or is long gone: then a look is due. */
  knows(id: string): boolean {
    return id === this.id || this.#peers.has(id);
  }

  /** Looks at the others now, not with the next beat. */
  look(): Promise<void> {
    return this.#looking ??= this.#look().finally(() => this.#looking = null);
  }

  /** Tells the others that this instance goes; they sweep what it leaves behind after a while. */
  async leave(): Promise<void> {
    if (this.#left || !this.#starting) return;
    this.#left = true;
    clearTimeout(this.#timer);
    await this.#starting;
    // A beat that came to the table later would take it back.
    await this.#beating;
    await this.options.table.write(this.#row("left"));
  }

  async #start(): Promise<void> {
    this.#version = await this.options.table.write(this.#row("alive"));
    this.#lastBeat = performance.now();
    await this.#look(true);
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
      const isMine = await this.#sayAlive();
      // What cut this instance off (a table that was down, say) may have cut off the others too.
      const now = performance.now();
      if (now - this.#lastBeat > this.#deadMs) {
        for (const peer of this.#peers.values()) peer.changedAt = now;
      }
      this.#lastBeat = now;
      if (!isMine) { for (const listener of this.#listeners) listener.onRevived?.(); }
      await this.look();
    } catch (error) {
      this.options.log.warn("Telling other instances of this one failed", { error });
    }
  }

  /** False if its row was gone, or another one's: it was swept, or the table has lost it. */
  async #sayAlive(): Promise<boolean> {
    const { table } = this.options;
    const replaced = await this.guard(() => table.replace(this.#row("alive"), this.#version));
    this.#version = replaced ?? await this.guard(() => table.write(this.#row("alive")));
    return replaced !== null;
  }

  async #look(first = false): Promise<void> {
    const rows = await this.guard(() => this.options.table.list());
    const now = performance.now();
    const found = new Set<string>();
    for (const { version, ...row } of rows) {
      if (row.id === this.id) continue;
      found.add(row.id);
      const known = this.#peers.get(row.id);
      if (known?.version === version) continue;
      const left = row.state === "left" || (row.state === "dead" && known?.left === true);
      this.#peers.set(row.id, { row, version, left, changedAt: now });
      if (!known && !first) { for (const each of this.#listeners) each.onJoined?.(row.id); }
    }
    for (const id of [...this.#peers.keys()]) if (!found.has(id)) this.#forget(id);
    for (const peer of [...this.#peers.values()]) if (this.#isOver(peer)) this.#sweep(peer);
    for (const listener of this.#listeners) listener.onLooked?.();
  }

  #isOver({ row, changedAt }: Peer): boolean {
    const most = row.state === "left" ? this.#leftGraceMs : this.#deadMs;
    return performance.now() - changedAt > most;
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
      log.warn("Sweeping what another instance left behind failed", { instance: row.id, error });
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
