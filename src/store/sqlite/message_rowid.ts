/** Places are between `-HALF` and `HALF`: the times of UUIDv7 from 1970 to 2109 fit. */
const HALF = 2 ** 53 - 1;
const MIDDLE_MS = 2 ** 41;
/** Values of the 12 bits after the time: the counter of `newId`. */
const PER_MS = 4096;

/** Maximum distance between a message and its place if another id shares that place. */
const PLACE_SLACK = 64;

/** Above every place. */
export const TOP_PLACE = HALF;

/**
 * Returns the place of an id in the order of ids, as an integer that SQLite and JavaScript both
 * represent exactly: its milliseconds and the 12 bits that follow. It is the rowid of the message
 * and of its entry in the index, so "newest first" needs no sorting.
 */
export function rowidOf(id: string): number {
  const ms = parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
  const place = (ms - MIDDLE_MS) * PER_MS + parseInt(id.slice(15, 18), 16);
  return Number.isFinite(place) ? Math.min(place, HALF) : HALF;
}

const NEXT_CLOSE_BY = `(SELECT max(place) + 1 FROM messages
  WHERE place BETWEEN ?1 AND ?1 + ${PLACE_SLACK - 1})`;
const isTaken = (place: string) => `EXISTS (SELECT 1 FROM messages WHERE place = ${place})`;

/**
 * SQL: `?1` if it is free, else the first place beyond those taken close by. After a clock has
 * stepped back, new ids meet whole rows of places that are taken: then the message goes behind the
 * newest one, where there is always room, and the whole cost is three look-ups.
 */
export const FREE_PLACE = `CASE WHEN NOT ${isTaken("?1")} THEN ?1
  WHEN NOT ${isTaken(NEXT_CLOSE_BY)} THEN ${NEXT_CLOSE_BY}
  ELSE (SELECT max(place) + 1 FROM messages) END`;
