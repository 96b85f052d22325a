import assert from "node:assert/strict";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name:
      `a history backup, ${name}: is kept in parts for its owner, within limits, until it is removed`,
    ignore,
    fn: async () => {
      const limits = { LIMIT_HISTORY_BACKUP_PARTS: "2", LIMIT_HISTORY_BACKUP_PART_BYTES: "1024" };
      await using app = await RunningApp.start({ ...environment(), ...limits });
      const { ann, bob } = await app.people("ann", "bob");
      const hers = app.client(ann);
      assert.equal((await hers.get("/api/history-backup")).status, 404);
      const begun = await hers.post("/api/history-backup", { keyCheck: "Y2hlY2s" });
      assert.equal(begun.status, 201, JSON.stringify(begun.body));
      const { id: backupId } = begun.body;
      const put = (part: string, data: string) =>
        hers.put(`/api/history-backup/parts/${part}`, { backupId, data });
      assert.equal((await put("b", "AAAA")).status, 204);
      assert.equal((await put("a", "A".repeat(1364))).status, 204);
      const large = await put("a", "A".repeat(1368));
      assert.deepEqual([large.status, large.body.code], [413, "payload_too_large"]);
      const third = await put("c", "AAAA");
      assert.deepEqual([third.status, third.body.code], [413, "quota_exceeded"]);
      const parts = await hers.get(`/api/history-backup/parts?backupId=${backupId}`);
      assert.deepEqual(parts.body.items.map((part: { name: string }) => part.name), ["a", "b"]);
      const { body: backup } = await hers.get("/api/history-backup");
      assert.deepEqual([backup.id, backup.keyCheck, backup.parts], [backupId, "Y2hlY2s", 2]);

      const others = app.client(bob);
      assert.equal((await others.get("/api/history-backup")).status, 404);
      const found = await others.get(`/api/history-backup/parts?backupId=${backupId}`);
      assert.equal(found.status, 404);

      const again = await hers.post("/api/history-backup", { keyCheck: "b3RoZXI" });
      assert.equal((await put("b", "AAAA")).status, 404, "the part of an earlier backup");
      assert.notEqual(again.body.id, backupId);
      assert.equal((await hers.delete("/api/history-backup")).status, 204);
      assert.equal((await hers.delete("/api/history-backup")).status, 404);
      assert.deepEqual(app.log, []);
    },
  });
}
