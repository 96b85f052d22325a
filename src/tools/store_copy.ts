import { createHash } from "node:crypto";
import { ENTITIES, type Entity, type PortableRow, type RowPort } from "../store/row_port.ts";
import type { Store } from "../store/store.ts";

const PAGE = 200;

/** State of a copy, kept in the target, so that an interrupted copy is resumed. */
interface Progress {
  /** Incarnation of the source. */
  source: string;
  entity: Entity;
  after: string | null;
}

export interface Tally {
  count: number;
  /** Sum of the rows' hashes, which does not depend on their order. */
  hash: string;
}

type Copied = Pick<Store, "rows" | "incarnation">;

/**
 * Copies every row of one store into another, which must be empty or hold the rest of an
 * interrupted copy of the same source. Then both are read completely and compared by count and
 * hash; a difference means that something was written in the meantime. Until this succeeds the
 * target is marked, and no server starts on it. The target continues the source's history, with its
 * incarnation.
 */
export async function copyStore(
  source: Copied,
  target: Copied,
  onEntity: (entity: Entity, tally: Tally) => void = () => {},
): Promise<void> {
  const incarnation = await source.incarnation();
  const begun = await progressOf(target.rows, incarnation);
  if (begun === null) await requireEmpty(target.rows);
  const first = begun === null ? 0 : ENTITIES.indexOf(begun.entity);
  for (const entity of ENTITIES.slice(first)) {
    await copyEntity(source.rows, target.rows, {
      source: incarnation,
      entity,
      after: entity === begun?.entity ? begun.after : null,
    });
  }
  for (const entity of ENTITIES) onEntity(entity, await compare(source.rows, target.rows, entity));
  await target.rows.finish(incarnation);
}

async function progressOf(target: RowPort, source: string): Promise<Progress | null> {
  const stored = await target.progress();
  if (stored === null) return null;
  const progress: Progress = JSON.parse(stored);
  if (progress.source === source) return progress;
  throw new Error("Cannot copy: the target holds an unfinished copy of another store");
}

async function requireEmpty(target: RowPort): Promise<void> {
  for (const entity of ENTITIES) {
    if ((await target.page(entity, null, 1)).rows.length === 0) continue;
    throw new Error(`Cannot copy: the target is not empty (it has ${entity})`);
  }
}

async function copyEntity(source: RowPort, target: RowPort, begun: Progress): Promise<void> {
  for (let after = begun.after;;) {
    await target.setProgress(JSON.stringify({ ...begun, after }));
    const { rows, next } = await source.page(begun.entity, after, PAGE);
    await target.put(begun.entity, rows);
    if (next === null) return;
    after = next;
  }
}

async function compare(source: RowPort, target: RowPort, entity: Entity): Promise<Tally> {
  const [from, to] = [await tally(source, entity), await tally(target, entity)];
  if (from.count === to.count && from.hash === to.hash) return from;
  throw new Error(
    `The copy differs in ${entity} (${from.count} rows, ${to.count} copied): was something written ` +
      "meanwhile? Empty the target, stop every server, and copy again",
  );
}

/** Counts and hashes all rows of an entity. */
export async function tally(port: RowPort, entity: Entity): Promise<Tally> {
  let count = 0, sum = 0n;
  for (let after: string | null = null;;) {
    const page = await port.page(entity, after, PAGE);
    for (const row of page.rows) sum += hashOf(row);
    count += page.rows.length;
    if (page.next === null) break;
    after = page.next;
  }
  return { count, hash: (sum % 2n ** 256n).toString(16) };
}

function hashOf(row: PortableRow): bigint {
  return BigInt(`0x${createHash("sha256").update(canonical(row)).digest("hex")}`);
}

/** Returns JSON with sorted property names. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, each) =>
      typeof each === "object" && each !== null && !Array.isArray(each)
        ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => a < b ? -1 : 1))
        : each,
  );
}
