import { language, t } from "./texts.ts";

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Formats are slow to make: one for each kind and language. */
function format(kind: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  // The browser's own English (British, American …) says how it writes times.
  const { code } = language.value;
  const locale = navigator.languages.find((each) => each.split("-")[0] === code) ?? code;
  const key = `${kind} ${locale}`;
  let known = formats.get(key);
  if (!known) formats.set(key, known = new Intl.DateTimeFormat(locale, options));
  return known;
}

export function timeOf(timestamp: string): string {
  return format("time", { hour: "numeric", minute: "2-digit" }).format(new Date(timestamp));
}

/** Returns the text of the line between two days. */
export function dayOf(timestamp: string): string {
  const days = daysAgo(timestamp);
  if (days === 0) return t().today;
  if (days === 1) return t().yesterday;
  const options = { weekday: "long", day: "numeric", month: "long" } as const;
  const isThisYear = new Date(timestamp).getFullYear() === new Date().getFullYear();
  return isThisYear
    ? format("day", options).format(new Date(timestamp))
    : format("day of year", { ...options, year: "numeric" }).format(new Date(timestamp));
}

/** For the list of chats: the time if it was today, the day if not. */
export function whenOf(timestamp: string): string {
  const days = daysAgo(timestamp);
  if (days === 0) return timeOf(timestamp);
  if (days === 1) return t().yesterday;
  return format("short", { day: "numeric", month: "short" }).format(new Date(timestamp));
}

/** In full, for a tooltip. */
export function momentOf(timestamp: string): string {
  return format("moment", { dateStyle: "full", timeStyle: "short" }).format(new Date(timestamp));
}

/** The day, with its year. */
export function dateOf(timestamp: string): string {
  return format("date", { dateStyle: "medium" }).format(new Date(timestamp));
}

/** Day and time, in short. */
export function shortMomentOf(timestamp: string): string {
  return format("short moment", { dateStyle: "medium", timeStyle: "short" })
    .format(new Date(timestamp));
}

function daysAgo(timestamp: string): number {
  const midnight = (date: string | number) => new Date(date).setHours(0, 0, 0, 0);
  return Math.round((midnight(Date.now()) - midnight(timestamp)) / DAY_MS);
}
