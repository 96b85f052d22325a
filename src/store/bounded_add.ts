/** Nothing was written: the list holds `count` rows, and has no room for what was to be added. */
export interface Full {
  outcome: "full";
  count: number;
}

/**
 * Result of adding a row to a list with a maximum. The list is counted in the transaction that
 * adds, so that any number of concurrent adds, on any number of instances, stay within the maximum.
 * `exists`: the list had this row before, which takes no room; `row` is the stored one.
 */
export type BoundedAdd<Row> = { outcome: "added" | "exists"; row: Row } | Full;
