import type { QuietHours } from "../model/notification.ts";

/** Making a formatter takes longer than asking it. */
const formatters = new Map<string, Intl.DateTimeFormat>();
/** Time zones are few, but upper and lower case give each of them thousands of names. */
const MAX_FORMATTERS = 200;

/** Whether `now` lies in them, by the clock of their time zone. A start that is the end is never. */
export function isQuiet(hours: QuietHours | null, now: number): boolean {
  if (hours === null) return false;
  const { start, end, timeZone } = hours;
  const minute = minuteOfDay(timeZone, now);
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

function minuteOfDay(timeZone: string, now: number): number {
  let formatter = formatters.get(timeZone);
  if (!formatter) {
    if (formatters.size >= MAX_FORMATTERS) formatters.clear();
    const options = { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
    formatters.set(timeZone, formatter = new Intl.DateTimeFormat("en", options));
  }
  const parts = formatter.formatToParts(now);
  const part = (type: string) => Number(parts.find((each) => each.type === type)!.value);
  return part("hour") * 60 + part("minute");
}
