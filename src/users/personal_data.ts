/** A part of what is stored about a person, under the name that an export gives it. */
export interface ExportSection {
  name: string;
  /** Written as an array, row by row, so that an export of any size is never in memory whole. */
  rows: AsyncIterable<unknown> | Iterable<unknown>;
}

/**
 * What one feature stores about people. Each feature that stores something has one of these in the
 * list that services.ts gives to `PersonalDataExport` and `AccountErasure`; their order is the order
 * of erasure.
 */
export interface PersonalData {
  /** For logs. */
  readonly name: string;
  sections(userId: string): ExportSection[];
  /**
   * Leaves nothing of the person, or nothing by which they could be known. Safe to repeat: it is run
   * again when it was interrupted.
   */
  erase(userId: string): Promise<void>;
}

/** Rows that are read only when their turn comes. */
export async function* lazily(read: () => Promise<Iterable<unknown>>): AsyncIterable<unknown> {
  yield* await read();
}
