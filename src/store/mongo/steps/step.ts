import type { Db } from "mongodb";

/** One change of documents that earlier releases have written. */
export interface MigrationStep {
  /** The name of its file; for logs and errors. */
  name: string;
  /**
   * Must be safe to repeat: after a crash in the middle it runs again from the start. Instances of
   * the earlier release may write at the same time (see `rewrite.ts` for updates that take that
   * into account).
   */
  run(db: Db): Promise<void>;
  /**
   * True if releases that do not know this step would misread or damage the documents: they then
   * refuse to start. Set it only if no default on read helps: it makes a rolling deployment
   * impossible.
   */
  breaksEarlierReleases?: boolean;
}
