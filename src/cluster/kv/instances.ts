import { REGISTRY_KEY } from "./keys.ts";
import type { InstanceRow, InstanceTable } from "../shared/instances.ts";

const PREFIX = ["instance"];
const keyOf = (id: string): Deno.KvKey => [...PREFIX, id];

/**
 * Rows at `["instance", id]`, without expiry: a row must stay until its instance's data has been
 * swept.
 */
export function kvInstanceTable(kv: Deno.Kv): InstanceTable {
  return {
    async list() {
      const entries = await Array.fromAsync(kv.list<InstanceRow>({ prefix: PREFIX }));
      return entries.map(({ value, versionstamp }) => ({ ...value, version: versionstamp }));
    },
    async write(row) {
      const notice = `${row.id} ${row.state} ${row.at}`;
      const atomic = kv.atomic().set(keyOf(row.id), row).set(REGISTRY_KEY, notice);
      // Without a check, a commit either throws or succeeds.
      return (await atomic.commit() as Deno.KvCommitResult).versionstamp;
    },
    async replace(row, version) {
      const key = keyOf(row.id);
      const result = await kv.atomic()
        .check({ key, versionstamp: version }).set(key, row).commit();
      return result.ok ? result.versionstamp : null;
    },
    async remove(id) {
      await kv.atomic().delete(keyOf(id)).set(REGISTRY_KEY, `${id} gone`).commit();
    },
  };
}
