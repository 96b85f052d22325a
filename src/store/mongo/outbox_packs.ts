import { idsOf, newId } from "../../core/ids.ts";
import type { OutboxEntry } from "../../model/outbox_entry.ts";

/**
 * Entries of one transaction in one document: to write and delete a document for each would cost
 * most of what a short message costs otherwise. Its time has a separate name, so that instances of
 * earlier releases leave it alone.
 */
export interface OutboxPack {
  _id: string;
  entries: OutboxEntry[];
  packDueAt: number;
}

/** Documents that hold entries which are to be deleted. */
export interface PackedIds {
  /** Ids of entries that have a separate document. */
  alone: string[];
  /** Ids of packs that hold no other entries. */
  whole: string[];
  /** Ids of packs that hold others too, and the entries of these. */
  parts: { packs: string[]; entries: string[] };
}

/** Events and mentions of an entry that may share its document: one has at most 16 MB. */
const MAX_SIZE = 100;
/** Milliseconds by which the entries of one document may be due apart. */
const MAX_APART_MS = 1_000;
/** Entries whose pack is remembered: more than a worker claims at once. */
const MAX_KNOWN = 20_000;

/** Remembers which entries are in the packs that this process has written. */
export class OutboxPacks {
  /** Entries that are not done, by pack, the oldest pack first. */
  readonly #entries = new Map<string, Set<string>>();
  readonly #packOf = new Map<string, string>();

  constructor(private readonly maxKnown = MAX_KNOWN) {}

  /** Returns the pack of these entries, which is due with the last of them. */
  add(entries: OutboxEntry[]): OutboxPack {
    const _id = newId();
    this.#entries.set(_id, new Set(idsOf(entries)));
    for (const { id } of entries) this.#packOf.set(id, _id);
    for (const oldest of this.#entries.keys()) {
      if (this.#packOf.size <= this.maxKnown) break;
      this.forgetPack(oldest);
    }
    return { _id, entries, packDueAt: Math.max(...entries.map(({ dueAt }) => dueAt)) };
  }

  /** Returns the packs that hold some of the entries, and the entries that none holds. */
  holding(ids: string[]): { alone: string[]; packs: string[] } {
    const packs = new Set(ids.flatMap((id) => this.#packOf.get(id) ?? []));
    return { alone: ids.filter((id) => !this.#packOf.has(id)), packs: [...packs] };
  }

  without(done: string[]): PackedIds {
    const { alone, packs } = this.holding(done);
    const gone = new Set(done);
    const isWhole = (pack: string) => this.#entries.get(pack)!.isSubsetOf(gone);
    const parts = packs.filter((pack) => !isWhole(pack));
    const entries = done.filter((id) => parts.includes(this.#packOf.get(id)!));
    return { alone, whole: packs.filter(isWhole), parts: { packs: parts, entries } };
  }

  /** For entries that are deleted, or whose pack was not written. */
  forget(ids: string[]): void {
    for (const id of ids) {
      const pack = this.#packOf.get(id);
      if (pack === undefined) continue;
      this.#packOf.delete(id);
      const left = this.#entries.get(pack)!;
      left.delete(id);
      if (left.size === 0) this.#entries.delete(pack);
    }
  }

  forgetPack(pack: string): void {
    this.forget([...this.#entries.get(pack) ?? []]);
  }
}

export interface Packable {
  /** Entries that may share a document; none or several. */
  together: OutboxEntry[];
  alone: OutboxEntry[];
}

export function packable(entries: OutboxEntry[]): Packable {
  const first = Math.min(...entries.map(({ dueAt }) => dueAt));
  const isPackable = (entry: OutboxEntry) =>
    entry.dueAt - first <= MAX_APART_MS && sizeOf(entry) <= MAX_SIZE;
  const together = entries.filter(isPackable);
  if (together.length < 2) return { together: [], alone: entries };
  return { together, alone: entries.filter((entry) => !isPackable(entry)) };
}

function sizeOf({ occurrences }: OutboxEntry): number {
  return occurrences.reduce((sum, event) => {
    const named = "mentions" in event ? event.mentions : "userIds" in event ? event.userIds : [];
    return sum + 1 + named.length;
  }, 0);
}
