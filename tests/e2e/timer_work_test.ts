import assert from "node:assert/strict";
import { registerTimerWork, TIMER_SCHEDULE } from "../../src/cron.ts";
import { newId } from "../../src/core/ids.ts";
import { jsonLog } from "../../src/core/log.ts";
import { TimerWork } from "../../src/timer_work.ts";
import { eventually } from "../support/eventually.ts";
import { RunningApp } from "../support/running_app.ts";
import { upload } from "../support/uploads.ts";
import { within } from "../support/within.ts";

const DAY_MS = 24 * 3_600_000;

Deno.test("timer work deletes expired rows and sends due notifications, also concurrently with itself and the timers", async () => {
  await using app = await RunningApp.start();
  const { ann, bob } = await app.people("ann", "bob");
  const { body: unused } = await upload(app, ann, "nobody uses it", { name: "a.txt" });
  const { body: sent } = await app.client(ann).post("/api/messages", {
    recipientId: bob.id,
    text: "hi",
  });
  const store = await app.openStore();
  try {
    const now = Date.now() + 2 * DAY_MS;
    app.clock.ahead += 2 * DAY_MS;
    // The state after an instance that stopped before it could notify any user.
    await store.outbox.add({
      id: newId(),
      chatId: sent.chatId,
      occurrences: [],
      deviceIds: null,
      attempts: 0,
      createdAt: now,
      dueAt: now,
    });
    await Promise.all([app.app.timerWork(), app.app.timerWork()]);
    await app.app.timerWork();
    assert.deepEqual(await store.outbox.claim(now + DAY_MS, now + 2 * DAY_MS, 10), []);
    assert.equal(await store.media.byId(unused.id), null);
  } finally {
    await store.close();
  }
  assert.deepEqual(app.log, []);
});

Deno.test("registerTimerWork has the platform call the work, which waits for the start if needed", async () => {
  const calls: [name: string, schedule: string][] = [];
  const started = Promise.withResolvers<void>();
  let runs = 0;
  let handler: () => Promise<void> = () => Promise.reject(new Error("not registered"));
  const work = async () => {
    await started.promise;
    runs++;
  };
  registerTimerWork(work, (error) => assert.fail(String(error)), (name, schedule, given) => {
    calls.push([name, schedule]);
    handler = given;
    return Promise.resolve();
  });
  assert.deepEqual(calls, [["timer work", TIMER_SCHEDULE]]);
  const run = handler();
  assert.equal(runs, 0);
  started.resolve();
  await run;
  assert.equal(runs, 1);
});

Deno.test("registerTimerWork reports a failure of the platform, and does not throw", async () => {
  const faults: unknown[] = [];
  const fault = new Error("no cron here");
  registerTimerWork(() => Promise.resolve(), (error) => faults.push(error), () => {
    return Promise.reject(fault);
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  assert.deepEqual(faults, [fault]);
});

Deno.test("timer work does each part, also when others fail, and ends once everything is sent", async () => {
  const done: string[] = [];
  const lines: string[] = [];
  let looks = 0, pushes = 2, isSending = true;
  const part = (name: string, fault?: string) => {
    done.push(name);
    return fault ? Promise.reject(new Error(fault)) : Promise.resolve();
  };
  const work = new TimerWork({
    maintain: () => part("maintenance", "no database"),
    sweepMedia: () => part("media", "no bucket"),
    pollOutbox: () => part("pushes"),
    claimedPushes: () => (looks++, pushes),
    pollWebhooks: () => part("webhooks"),
    isSendingWebhooks: () => isSending,
  }, jsonLog("warn", (line) => lines.push(line)));
  let hasEnded = false;
  const run = work.run().then(() => hasEnded = true);
  assert.equal(work.run(), work.run(), "a call in the meantime joins");
  await eventually("it waits for the pushes", () => looks > 1);
  const before = looks;
  pushes = 0;
  await eventually("it has seen that they are sent", () => looks > before);
  assert.equal(hasEnded, false, "webhooks are being sent");
  isSending = false;
  await within("it ends", run);
  assert.deepEqual(done.sort(), ["maintenance", "media", "pushes", "webhooks"]);
  assert.deepEqual(lines.map((line) => JSON.parse(line).part), ["maintenance", "media sweep"]);
  await within("the next call works again", work.run());
  assert.equal(done.length, 8);
});
