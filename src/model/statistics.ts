/** Figures that are counted by day. */
export const DAY_FIGURES = [
  "peopleActive",
  "peopleNew",
  "messages",
  "files",
  "fileBytes",
  "chats",
  "pushesSent",
  "pushesFailed",
  "webhooksDelivered",
  "webhooksFailed",
] as const;

export type DayFigure = typeof DAY_FIGURES[number];

/** The figures of one day in UTC. */
export interface DayStatistics extends Record<DayFigure, number> {
  /** In the form 2026-01-31. */
  day: string;
}

/** Amounts that are stored now. */
export interface Totals {
  /** Without erased accounts. */
  people: number;
  chats: number;
  /** Bytes of uploads. */
  storageBytes: number;
}

const DAY_MS = 86_400_000;

/** Returns the day of a time in UTC. */
export function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

/** Returns a day without activity. */
export function emptyDay(day: string): DayStatistics {
  const figures = Object.fromEntries(DAY_FIGURES.map((name) => [name, 0]));
  return { day, ...figures as Record<DayFigure, number> };
}

/** Returns the days from `first` to `last`, both included. */
export function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(first); at <= Date.parse(last); at += DAY_MS) days.push(dayOf(at));
  return days;
}
