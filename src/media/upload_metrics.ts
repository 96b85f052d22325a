import type { MetricsRegistry } from "../core/metrics.ts";

/** How bytes of an upload come: in a form, in pieces by tus, or straight to the bucket. */
export type UploadWay = "form" | "tus" | "direct";

/** Called with the bytes that were stored. */
export type OnUploaded = (way: UploadWay, bytes: number) => void;

export function uploadObserver(metrics: MetricsRegistry): OnUploaded {
  const bytes = metrics.counter(
    "realtimechat_upload_bytes_total",
    "Bytes of uploads that were stored, by the way in which they came",
  );
  return (way, count) => bytes.add({ way }, count);
}
