import { REGISTRY_KEY } from "./kv_keys.ts";
import type { InstanceRow, InstanceTable } from "./instances.ts";

const PREFIX = ["instance"];
const keyOf = (id: string): Deno.KvKey => [...PREFIX, id];

/** `["instance", id]`; no expiry, since a row must stay until what its instance left behind is swept. */
export function kvInstanceTable(kv: Deno.Kv): InstanceTable {
  return {
    async list() {
      const entries = await Array.fromAsync(kv.list<InstanceRow>({ prefix: PREFIX }));
      return entries.map(({ value, versionstamp }) => ({ ...value, version: versionstamp }));
    },
    async write(row, announce) {
      const atomic = kv.atomic().set(keyOf(row.id), row);
      if (announce) atomic.set(REGISTRY_KEY, `${row.id} ${row.state} ${row.at}`);
      await atomic.commit();
    },
    async replace(row, version) {
      const key = keyOf(row.id);
      const { ok } = await kv.atomic().check({ key, versionstamp: version }).set(key, row).commit();
      return ok;
    },
    async remove(id) {
      await kv.atomic().delete(keyOf(id)).set(REGISTRY_KEY, `${id} gone`).commit();
    },
  };
}
