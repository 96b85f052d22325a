import assert from "node:assert/strict";
import { Maintenance } from "../../src/auth/maintenance.ts";
import { type LogFields, silentLog } from "../../src/core/log.ts";
import { T0 } from "../contract/store/rows.ts";

const DAY = 24 * 3_600_000;

type MaintainedStore = ConstructorParameters<typeof Maintenance>[0];

/** Stores that record what is purged; `failing` names one that is out of order. */
class PurgedRows {
  /** The time before which each store's rows were purged. */
  readonly before: Record<string, number> = {};
  readonly warnings: [message: string, fields?: LogFields][] = [];
  failing: string | null = null;
  readonly maintenance: Maintenance;

  constructor() {
    const purge = (name: string) => ({
      purge: (before: number) => {
        if (name === this.failing) return Promise.reject(new Error("out of order"));
        this.before[name] = before;
        return Promise.resolve(0);
      },
    });
    const store = new Proxy({}, { get: (_, name) => purge(String(name)) }) as MaintainedStore;
    const log = { ...silentLog, warn: (...line: [string, LogFields?]) => this.warnings.push(line) };
    this.maintenance = new Maintenance(store, { now: () => T0 }, log);
  }
}

Deno.test("Maintenance purges each kind of row at its age", async () => {
  const rows = new PurgedRows();
  await rows.maintenance.run();
  assert.deepEqual(rows.before, {
    sessions: T0 - 30 * DAY,
    pushDevices: T0,
    shownPushes: T0 - 30 * DAY,
    oneTimeTokens: T0,
    keyPackages: T0,
    contacts: T0,
    notifications: T0 - 90 * DAY,
  });
  assert.deepEqual(rows.warnings, []);
});

Deno.test("Maintenance runs at once when it starts, with what else is to be done, also after a failure", async () => {
  const rows = new PurgedRows();
  rows.failing = "sessions";
  let others = 0;
  rows.maintenance.start(() => {
    others++;
    return Promise.resolve();
  });
  await rows.maintenance.stop();
  assert.equal(others, 1);
  assert.deepEqual(rows.warnings.map(([message]) => message), [
    "Cleanup of expired rows failed",
  ]);
  rows.failing = null;
  await rows.maintenance.round();
  assert.equal(others, 2);
  assert.equal(Object.keys(rows.before).length, 7, "the next round makes up for it");
});
