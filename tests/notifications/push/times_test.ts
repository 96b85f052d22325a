import assert from "node:assert/strict";
import { isQuiet } from "../../../src/notifications/quiet_hours.ts";
import { GIVE_UP_MS, retryAt } from "../../../src/notifications/push/retry_times.ts";
import { isQuiet as isQuietInPage } from "../../../src/web/page/notifications/is_quiet.ts";

const T0 = Date.UTC(2026, 0, 15, 12, 0);

Deno.test("isQuiet uses the clock of the time zone, and the hours may span midnight", () => {
  const at = (hour: number, minute = 0) => Date.UTC(2026, 0, 15, hour, minute);
  const night = { start: 22 * 60, end: 7 * 60, timeZone: "Europe/Berlin" };
  const quiet: [number, boolean][] = [
    [at(20, 59), false],
    [at(21), true],
    [at(23, 30), true],
    [at(5, 59), true],
    [at(6), false],
  ];
  for (const [now, expected] of quiet) assert.equal(isQuiet(night, now), expected, `${now}`);
  const noon = { start: 12 * 60, end: 13 * 60, timeZone: "UTC" };
  assert.equal(isQuiet(noon, at(12)), true);
  assert.equal(isQuiet(noon, at(13)), false);
  assert.equal(isQuiet({ ...noon, end: noon.start }, at(12)), false);
  assert.equal(isQuiet(null, at(12)), false);
  const summer = Date.UTC(2026, 6, 15, 20, 0);
  assert.equal(isQuiet(night, summer), true, "22:00 in summer time");
});

Deno.test("isQuiet is false in a time zone that this system does not know", () => {
  const allDay = { start: 0, end: 24 * 60 - 1, timeZone: "Mars/Base" };
  for (let i = 0; i < 2; i++) assert.equal(isQuiet(allDay, T0), false);
  assert.equal(isQuiet({ ...allDay, timeZone: "UTC" }, T0), true);
});

Deno.test("isQuiet follows the clock when it is put forward or back", () => {
  const hours = { start: 60 + 30, end: 3 * 60, timeZone: "Europe/Berlin" };
  const quiet = (...at: [number, number, number, number, number]) =>
    isQuiet(hours, Date.UTC(...at));
  assert.equal(quiet(2026, 2, 29, 0, 29), false, "01:29, before the hour that is left out");
  assert.equal(quiet(2026, 2, 29, 0, 59), true, "01:59");
  assert.equal(quiet(2026, 2, 29, 1, 0), false, "03:00 follows");
  assert.equal(quiet(2026, 9, 25, 0, 30), true, "02:30 for the first time");
  assert.equal(quiet(2026, 9, 25, 1, 30), true, "02:30 again");
  assert.equal(quiet(2026, 9, 25, 2, 0), false, "03:00");
});

Deno.test("the page's isQuiet is false in a time zone that the browser does not know", () => {
  const allDay = { start: "00:00", end: "23:59", timeZone: "Mars/Base" };
  assert.equal(isQuietInPage(allDay, new Date(T0)), false);
  assert.equal(isQuietInPage({ ...allDay, timeZone: "UTC" }, new Date(T0)), true);
});

Deno.test("retryAt waits longer each time, respects the service, and gives up after a day", () => {
  const entry = (attempts: number) => ({ attempts, createdAt: T0 });
  const middle = () => 0.5;
  const waits = [0, 1, 2, 7, 20].map((n) => retryAt(entry(n), T0, 0, middle)! - T0);
  assert.deepEqual(waits, [5_000, 10_000, 20_000, 640_000, 900_000]);
  assert.equal(retryAt(entry(0), T0, 120_000, middle), T0 + 120_000);
  assert.equal(retryAt(entry(0), T0, 0, () => 0)! - T0, 4_500);
  assert.equal(retryAt(entry(30), T0 + GIVE_UP_MS - 1000, 0, middle), null);
});
