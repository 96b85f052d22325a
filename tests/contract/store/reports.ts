import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { duplicateOf } from "./duplicates.ts";
import { aReport, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

export function reportContract(test: ContractTest): void {
  test("a report is returned as stored; a missing one is null", async (store) => {
    const report = aReport({ messageId: newId(), details: "rude", evidence: "{}" });
    await store.reports.create(report);
    assert.deepEqual(await store.reports.byId(report.id), report);
    assert.equal(await store.reports.byId(newId()), null);
    await assert.rejects(store.reports.create(report), duplicateOf("id"));
  });

  test("list is newest first, in pages, and without resolved ones on request", async (store) => {
    const reports = [aReport(), aReport(), aReport(), aReport()];
    for (const report of reports) await store.reports.create(report);
    await store.reports.resolve(reports[2].id, newId(), T0);
    const ids = async (open: boolean, before: string | null, limit: number) =>
      (await store.reports.list({ open, before, limit })).map(({ id }) =>
        reports.findIndex((r) => r.id === id)
      );
    assert.deepEqual(await ids(false, null, 10), [3, 2, 1, 0]);
    assert.deepEqual(await ids(true, null, 10), [3, 1, 0]);
    assert.deepEqual(await ids(true, null, 2), [3, 1]);
    assert.deepEqual(await ids(true, reports[1].id, 2), [0]);
    assert.deepEqual(await ids(false, reports[3].id, 2), [2, 1]);
  });

  test("countAbout counts the reports about a person, up to a maximum", async (store) => {
    const userId = newId();
    const reports = [aReport({ userId }), aReport({ userId }), aReport({ userId }), aReport()];
    for (const report of reports) await store.reports.create(report);
    await store.reports.resolve(reports[0].id, newId(), T0);
    assert.deepEqual(await store.reports.countAbout(userId, 10), { total: 3, open: 2 });
    assert.deepEqual(await store.reports.countAbout(userId, 1), { total: 1, open: 1 });
    assert.deepEqual(await store.reports.countAbout(newId(), 10), { total: 0, open: 0 });
  });

  test("resolving twice keeps the first; a missing report is null", async (store) => {
    const report = aReport(), [first, second] = [newId(), newId()];
    await store.reports.create(report);
    const resolved = { ...report, resolvedBy: first, resolvedAt: T0 + 1 };
    assert.deepEqual(await store.reports.resolve(report.id, first, T0 + 1), resolved);
    assert.deepEqual(await store.reports.resolve(report.id, second, T0 + 2), resolved);
    assert.deepEqual(await store.reports.byId(report.id), resolved);
    assert.equal(await store.reports.resolve(newId(), first, T0), null);
  });
}
