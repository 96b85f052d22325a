import type { QuietHours } from "../model/notification.ts";

/** Cached, because creating a formatter takes longer than using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();
/** There are few time zones, but upper and lower case give each of them thousands of names. */
const MAX_FORMATTERS = 200;

/**
 * True if `now` is within the hours, by the clock of their time zone. Equal start and end mean
 * never.
 */
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
