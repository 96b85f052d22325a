/** The real program on a host whose clock is ten seconds ahead. */
const AHEAD_MS = 10_000;
const RealDate = Date;

class DateAhead extends RealDate {
  constructor(...args: [] | [number]) {
    super(...(args.length === 0 ? [RealDate.now() + AHEAD_MS] as [number] : args));
  }

  static override now(): number {
    return RealDate.now() + AHEAD_MS;
  }
}

globalThis.Date = DateAhead as DateConstructor;
await import("../../src/main.ts");

export {};
