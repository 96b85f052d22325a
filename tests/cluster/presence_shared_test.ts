import assert from "node:assert/strict";
import { newId } from "../../src/core/ids.ts";
import { silentLog } from "../../src/core/log.ts";
import {
  type InstanceRow,
  Instances,
  type InstanceTable,
} from "../../src/cluster/shared/instances.ts";
import { type PresenceTable, SharedPresence } from "../../src/cluster/shared/presence.ts";

/** Lists the rows as of the call, and returns when the test allows it. */
class SlowInstanceTable implements InstanceTable {
  readonly rows = new Map<string, InstanceRow>();
  held: Promise<void> | undefined;

  async list() {
    const rows = [...this.rows.values()].map((row) => ({ ...row, version: "1" }));
    await this.held;
    return rows;
  }

  async write(row: InstanceRow) {
    await Promise.resolve(this.rows.set(row.id, row));
    return "1";
  }

  replace(row: InstanceRow) {
    return this.write(row);
  }

  async remove(id: string) {
    await Promise.resolve(this.rows.delete(id));
  }
}

Deno.test("SharedPresence shows users of an instance that began during a refresh, and keeps their entries", async () => {
  const [ann, began] = [newId(), newId()];
  const removed: string[] = [];
  const presence: PresenceTable = {
    put: () => Promise.resolve(),
    remove: (_, userIds) => Promise.resolve(void removed.push(...userIds)),
    instancesOf: () => Promise.resolve(new Map([[ann, [began]]])),
    usersOf: () => Promise.resolve([]),
  };
  const table = new SlowInstanceTable();
  const instances = new Instances({ table, log: silentLog });
  const directory = new SharedPresence(presence, instances, silentLog);
  await instances.start();
  const { promise, resolve } = Promise.withResolvers<void>();
  table.held = promise;
  const looking = instances.refresh();
  await table.write({ id: began, state: "alive", at: Date.now(), head: 0 });
  const online = directory.online([ann]);
  table.held = undefined;
  resolve();
  assert.deepEqual(await online, new Set([ann]));
  assert.deepEqual(removed, []);
  await looking;
  directory.close();
  await instances.leave();
});
