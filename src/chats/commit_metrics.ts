import type { MetricsRegistry } from "../core/metrics.ts";

/** Figures of one commit, for `ChatWriter`'s `onCommitted`. */
export interface CommitMetrics {
  /** Revisions that were committed together. */
  revisions: number;
  durationMs: number;
}

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export function commitObserver(metrics: MetricsRegistry): (figures: CommitMetrics) => void {
  const seconds = metrics.histogram(
    "realtimechat_commit_duration_seconds",
    "Time until a commit to a chat was durable",
  );
  const batches = metrics.histogram(
    "realtimechat_commit_revisions",
    "Revisions in one commit to a chat",
    BATCH_BUCKETS,
  );
  return ({ revisions, durationMs }) => {
    seconds.observe(durationMs / 1000);
    batches.observe(revisions);
  };
}
