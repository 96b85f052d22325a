/** The real program on a host whose clock is ten seconds ahead. */
const AHEAD_MS = 10_000;
const RealDate = Date;

class DateAhead extends RealDate {
  constructor(...args: ConstructorParameters<typeof Date> | []) {
    if (args.length === 0) super(RealDate.now() + AHEAD_MS);
    else super(...args as [number]);
  }

  static override now(): number {
    return RealDate.now() + AHEAD_MS;
  }
}

globalThis.Date = DateAhead as DateConstructor;
await import("../../src/main.ts");

export {};
