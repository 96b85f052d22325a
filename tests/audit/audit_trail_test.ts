import assert from "node:assert/strict";
import { AuditTrail } from "../../src/audit/audit_trail.ts";
import { nextTurn } from "../../src/core/next_turn.ts";
import type { Visitor } from "../../src/model/caller.ts";
import type { Store } from "../../src/store/store.ts";
import { newId } from "../../src/core/ids.ts";

const visitor: Visitor = {
  transport: "rest",
  address: "192.0.2.1",
  userAgent: "Test/1.0",
  requestId: "r",
};

/** An audit trail whose store takes two turns of the event loop, and its listener one. */
function slowTrail() {
  const steps: string[] = [];
  const step = async (name: string, turns: number) => {
    for (let i = 0; i < turns; i++) await nextTurn();
    steps.push(name);
  };
  const store = { audit: { add: () => step("stored", 2) } } as unknown as Pick<Store, "audit">;
  return { steps, trail: new AuditTrail(store, { now: () => 1 }, () => step("announced", 1)) };
}

for (
  const [whose, record] of Object.entries({
    "a person's own action": (trail: AuditTrail) =>
      trail.own(newId(), visitor, { action: "data.exported" }),
    "an operator's action": (trail: AuditTrail) => trail.by(null, { action: "user.looked_up" }),
  })
) {
  Deno.test(`AuditTrail resolves once ${whose} is written and announced`, async () => {
    const { trail, steps } = slowTrail();
    await record(trail);
    steps.push("resolved");
    assert.deepEqual(steps, ["stored", "announced", "resolved"]);
  });
}
