/** One part of a user's stored data, under its name in an export. */
export interface ExportSection {
  name: string;
  /** Written row by row as an array, so that an export of any size never has to fit into memory. */
  rows: AsyncIterable<unknown> | Iterable<unknown>;
}

/**
 * The personal data that one feature stores. Each feature that stores any adds an implementation to
 * the list that services.ts passes to `PersonalDataExport` and `AccountErasure`; the order of the
 * list is the order of erasure.
 */
export interface PersonalData {
  /** Name in log messages. */
  readonly name: string;
  sections(userId: string): ExportSection[];
  /**
   * Deletes the user's data, or everything that identifies the user. Safe to repeat: it runs again
   * after an interruption.
   */
  erase(userId: string): Promise<void>;
}

/** Reads the rows only when they are iterated. */
export async function* lazily(read: () => Promise<Iterable<unknown>>): AsyncIterable<unknown> {
  yield* await read();
}
