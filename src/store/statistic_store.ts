import type { DayFigure, DayStatistics, Totals } from "../model/statistics.ts";

/** Figures by day, to which all instances add. */
export interface StatisticStore {
  /** Adds to the figures of the day. */
  add(day: string, figures: Partial<Record<DayFigure, number>>): Promise<void>;
  /** Adds those of the people to `peopleActive` who were not active on this day before. */
  markActive(day: string, userIds: string[]): Promise<void>;
  /** Days with any figures from `first` to `last`, in order. */
  days(first: string, last: string): Promise<DayStatistics[]>;
  /** Forgets who was active on days before this one; the figures stay. */
  forgetActive(before: string): Promise<void>;
  /** Forgets on which days this person was active. */
  deleteActiveOf(userId: string): Promise<void>;
  /** Counts rows: for occasional use. */
  totals(): Promise<Totals>;
}
