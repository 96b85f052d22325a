let lastMs = 0;
let counter = 0;

/** Random bytes are requested in blocks: the call costs more than the rest of an id. */
const POOL = new Uint8Array(8 * 512);
let pooled = POOL.length;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * Returns a UUIDv7 (RFC 9562, section 5.7). Ids never go backwards within a process: those of the
 * same millisecond count up in the 12 bits of `rand_a` (method 1 of section 6.2), and a clock that
 * was set back is ignored until it has caught up. So sorting by id is sorting by creation.
 */
export function newId(now: number = Date.now()): string {
  if (now > lastMs) {
    lastMs = now;
    // Starting in the lower half leaves room to count up.
    const [high, low] = randomBytes();
    counter = ((high << 8) | low) & 0x7ff;
  } else if (++counter > 0xfff) {
    lastMs++;
    counter = 0;
  }
  return idAt(lastMs, counter);
}

/** 62 random bits behind the variant, `10`. */
function randB(): string {
  const b = randomBytes();
  const head = HEX[(b[0] & 0x3f) | 0x80] + HEX[b[1]];
  return `${head}-${HEX[b[2]]}${HEX[b[3]]}${HEX[b[4]]}${HEX[b[5]]}${HEX[b[6]]}${HEX[b[7]]}`;
}

/** Returns eight random bytes that are used only once. */
function randomBytes(): Uint8Array {
  if (pooled === POOL.length) {
    crypto.getRandomValues(POOL);
    pooled = 0;
  }
  return POOL.subarray(pooled, pooled += 8);
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** True for the form that `newId` writes: lower case, with hyphens, version 7. */
export function isId(value: unknown): value is string {
  return typeof value === "string" && ID.test(value);
}

export function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}

/** Returns a UUIDv7 of this time and counter (0 to 4095), for something that happened earlier. */
export function idAt(ms: number, counter: number): string {
  const time = ms.toString(16).padStart(12, "0");
  const randA = counter.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randA}-${randB()}`;
}

/** The milliseconds of an id. */
export function timeOf(id: string): number {
  return parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}
