/** Place of a row in the order of creation; rows of one millisecond are in order of id. */
export interface CreationPlace {
  createdAt: number;
  id: string;
}

/** A page of rows, newest first. */
export interface CreationPage {
  /** Only rows before this place; null for the first page. */
  before: CreationPlace | null;
  /** Only rows created at this time or later; null for all. */
  from: number | null;
  limit: number;
}

/** Sorts after every row: ids are hexadecimal. */
export const AFTER_ALL_ROWS: CreationPlace = { createdAt: Number.MAX_SAFE_INTEGER, id: "g" };

/** Sorts rows newest first. */
export function byCreation(a: CreationPlace, b: CreationPlace): number {
  return b.createdAt - a.createdAt || (a.id === b.id ? 0 : a.id < b.id ? 1 : -1);
}
