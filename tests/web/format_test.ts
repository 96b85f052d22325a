import assert from "node:assert/strict";
import { dayOf, timeOf, whenOf } from "../../src/web/page/texts/format.ts";

/** A local time, some days before today. */
function daysAgo(days: number, hours: number, minutes = 0): string {
  const date = new Date();
  date.setDate(date.getDate() - days);
  date.setHours(hours, minutes, 0, 0);
  return date.toISOString();
}

Deno.test("the list of chats shows the time of today, yesterday, and the day of what is older", () => {
  const now = new Date().toISOString();
  assert.equal(whenOf(now), timeOf(now));
  assert.match(timeOf(now), /\d:\d\d/);
  // By the calendar, and not by 24 hours.
  assert.equal(whenOf(daysAgo(1, 0, 1)), "Yesterday");
  assert.equal(whenOf(daysAgo(1, 23, 59)), "Yesterday");
  const older = daysAgo(2, 23, 59);
  assert(whenOf(older).includes(String(new Date(older).getDate())), whenOf(older));
  assert.doesNotMatch(whenOf(older), /:/);
});

Deno.test("a line between days names today, yesterday, the weekday, and the year of another year", () => {
  assert.equal(dayOf(new Date().toISOString()), "Today");
  assert.equal(dayOf(daysAgo(1, 12)), "Yesterday");
  const year = new Date().getFullYear();
  // Of this year, and neither today nor yesterday, in whichever month it is.
  const month = new Date().getMonth() === 5 ? 8 : 5;
  const inThisYear = dayOf(new Date(year, month, 12).toISOString());
  assert.match(inThisYear, /day\b.*12|12.*day\b/);
  assert(!inThisYear.includes(String(year)), inThisYear);
  assert(dayOf(new Date(year - 2, month, 12).toISOString()).includes(String(year - 2)));
});
