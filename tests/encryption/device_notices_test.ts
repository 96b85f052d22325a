import assert from "node:assert/strict";
import { toBase64Url } from "../../src/core/base64url.ts";
import { RunningApp } from "../support/running_app.ts";
import { testedStores } from "../support/tested_stores.ts";

const aDevice = (name: string) => ({
  name,
  signatureKey: toBase64Url(crypto.getRandomValues(new Uint8Array(32))),
});

for (const { name, ignore, environment } of testedStores()) {
  Deno.test({
    name: `a person is notified of each encryption device but the first, ${name}`,
    ignore,
    fn: async () => {
      await using app = await RunningApp.start(environment());
      const ann = app.client((await app.people("ann")).ann);
      const actions = async (path: string, of: (row: Record<string, never>) => string) =>
        (await ann.get(path)).body.items.map(of).filter((action: string) =>
          action.startsWith("encryption.")
        ).toReversed();
      const notified = () => actions("/api/notifications", ({ data }) => data["action"]);
      const phone = aDevice("phone");
      const first = await ann.post("/api/devices", phone);
      assert.equal(first.status, 201, JSON.stringify(first.body));
      assert.deepEqual(await notified(), []);
      assert.equal((await ann.post("/api/devices", phone)).status, 200, "a repeat adds nothing");
      assert.equal((await ann.post("/api/devices", aDevice("laptop"))).status, 201);
      assert.deepEqual(await notified(), ["encryption.device_added"]);
      assert.equal((await ann.delete(`/api/devices/${first.body.id}`)).status, 204);
      assert.equal((await ann.delete(`/api/devices/${first.body.id}`)).status, 404);
      assert.deepEqual(await notified(), ["encryption.device_added", "encryption.device_removed"]);
      assert.deepEqual(await actions("/api/audit", ({ action }) => action), [
        "encryption.device_added",
        "encryption.device_added",
        "encryption.device_removed",
      ]);
      const { details } = (await ann.get("/api/audit")).body.items
        .find(({ action }: { action: string }) => action === "encryption.device_removed");
      assert.deepEqual(details, { deviceId: first.body.id });
    },
  });
}
