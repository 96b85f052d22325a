import assert from "node:assert/strict";
import { newId } from "../../../src/core/ids.ts";
import { aReport, aSession, T0 } from "./rows.ts";
import type { ContractTest } from "./suite.ts";

const ALL = { before: null, limit: 10 };

export function erasureContract(test: ContractTest): void {
  test("an erasure is pending, once, until it is finished", async (store) => {
    const [late, early] = [newId(), newId()];
    await store.erasures.begin({ userId: late, requestedAt: T0 + 1 });
    await store.erasures.begin({ userId: early, requestedAt: T0 });
    await store.erasures.begin({ userId: early, requestedAt: T0 + 9 });
    const rows = [{ userId: early, requestedAt: T0 }, { userId: late, requestedAt: T0 + 1 }];
    assert.deepEqual(await store.erasures.pending(), rows);
    await store.erasures.finish(early);
    await store.erasures.finish(early);
    assert.deepEqual(await store.erasures.pending(), rows.slice(1));
  });

  test("sessions are listed, touched forward only, and deleted by user", async (store) => {
    const session = aSession(), ended = aSession({ userId: session.userId, endedAt: T0 });
    await store.sessions.create(session);
    await store.sessions.create(ended);
    await store.sessions.touch(session.id, T0 + 5, "192.0.2.9", "Other/1.0");
    await store.sessions.touch(session.id, T0 + 4, "192.0.2.8", "Older/1.0");
    await store.sessions.touch(ended.id, T0 + 5, "192.0.2.9", "Other/1.0");
    const touched = {
      ...session,
      lastUsedAt: T0 + 5,
      address: "192.0.2.9",
      userAgent: "Other/1.0",
    };
    assert.deepEqual(await store.sessions.ofUser(session.userId, ALL), [ended, touched]);
    assert.equal(await store.sessions.deleteAllOf(session.userId), 2);
    assert.deepEqual(await store.sessions.ofUser(session.userId, ALL), []);
  });

  test("sessions of a user and reports of a reporter are read in pages, highest id first", async (store) => {
    const userId = newId();
    const sessions = [1, 2, 3].map(() => aSession({ userId }));
    const reports = [1, 2, 3].map(() => aReport({ reporterId: userId }));
    for (const session of [...sessions, aSession()]) await store.sessions.create(session);
    for (const report of [...reports, aReport()]) await store.reports.create(report);
    const read = [
      [sessions, store.sessions.ofUser.bind(store.sessions)],
      [reports, store.reports.byReporter.bind(store.reports)],
    ] as const;
    for (const [[first, second, third], page] of read) {
      assert.deepEqual(await page(userId, { before: null, limit: 2 }), [third, second]);
      assert.deepEqual(await page(userId, { before: second.id, limit: 2 }), [first]);
      assert.deepEqual(await page(userId, { before: first.id, limit: 2 }), []);
    }
  });

  test("reports are found by reporter, and blanked by reporter and by the person they are about", async (store) => {
    const report = aReport({ details: "rude", evidence: "{}" }), other = aReport({ details: "x" });
    await store.reports.create(report);
    await store.reports.create(other);
    assert.deepEqual(await store.reports.byReporter(report.reporterId, ALL), [report]);
    await store.reports.redactReportsAbout(report.userId);
    const blank = { ...report, details: "", evidence: null };
    assert.deepEqual(await store.reports.byId(report.id), blank);
    assert.deepEqual(await store.reports.byId(other.id), other);
    await store.reports.redactBy(other.reporterId);
    assert.deepEqual(await store.reports.byId(other.id), { ...other, details: "" });
  });
}
