import type { QuietHours } from "../model/notification.ts";

/**
 * Cached, because creating a formatter takes longer than using it. Null is a time zone that this
 * system does not know.
 */
const formatters = new Map<string, Intl.DateTimeFormat | null>();
/** There are few time zones, but upper and lower case give each of them thousands of names. */
const MAX_FORMATTERS = 200;

/**
 * True if `now` is within the hours, by the clock of their time zone. Equal start and end mean
 * never. So does a time zone that is unknown here, although another version of Deno accepted it:
 * one member's setting must not fail the pushes of a whole chat.
 */
export function isQuiet(hours: QuietHours | null, now: number): boolean {
  if (hours === null) return false;
  const { start, end, timeZone } = hours;
  const minute = minuteOfDay(timeZone, now);
  if (minute === null) return false;
  return start <= end ? minute >= start && minute < end : minute >= start || minute < end;
}

function minuteOfDay(timeZone: string, now: number): number | null {
  const formatter = formatterOf(timeZone);
  if (formatter === null) return null;
  const parts = formatter.formatToParts(now);
  const part = (type: string) => Number(parts.find((each) => each.type === type)!.value);
  return part("hour") * 60 + part("minute");
}

function formatterOf(timeZone: string): Intl.DateTimeFormat | null {
  let formatter = formatters.get(timeZone);
  if (formatter === undefined) {
    if (formatters.size >= MAX_FORMATTERS) formatters.clear();
    formatters.set(timeZone, formatter = newFormatter(timeZone));
  }
  return formatter;
}

function newFormatter(timeZone: string): Intl.DateTimeFormat | null {
  const options = { timeZone, hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  try {
    return new Intl.DateTimeFormat("en", options);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
