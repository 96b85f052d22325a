import assert from "node:assert/strict";
import { toBase64Url } from "../../src/core/base64url.ts";
import { newId } from "../../src/core/ids.ts";
import { Devices } from "../../src/encryption/devices.ts";
import type { Device } from "../../src/model/device.ts";
import { MovableClock } from "../support/movable_clock.ts";

Deno.test("Devices ends a registration or a removal once others were notified, and fails if that fails", async () => {
  const userId = newId();
  const device = { id: newId(), userId } as Device;
  const steps: string[] = [];
  const faults: Error[] = [];
  const store = {
    devices: {
      ofUsers: () => Promise.resolve([]),
      create: (row: Device) => Promise.resolve({ outcome: "added", row }),
      remove: () => Promise.resolve([device]),
    },
  };
  const notices = {
    async devices(_userId: string, _devices: Device[], change: string) {
      await new Promise<void>((resolve) => setTimeout(resolve));
      if (faults.length > 0) throw faults[0];
      steps.push(change);
    },
  };
  const devices = new Devices(store as never, {} as never, notices as never, new MovableClock(), {
    devices: 10,
  });
  const signatureKey = toBase64Url(crypto.getRandomValues(new Uint8Array(32)));
  const actions = [
    () => devices.register(userId, { name: "phone", signatureKey }),
    () => devices.remove(userId, device.id),
    () => devices.removeAllOf(userId),
  ];
  for (const action of actions) {
    await action();
    steps.push("ended");
  }
  assert.deepEqual(steps, ["added", "ended", "removed", "ended", "removed", "ended"]);
  faults.push(new Error("The store is down"));
  for (const action of actions) await assert.rejects(action, faults[0]);
});
