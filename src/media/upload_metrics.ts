import { type MetricsRegistry, seriesBy } from "../core/metrics.ts";

/** How the bytes of an upload arrive: in a form, in pieces by tus, or straight to the bucket. */
export type UploadWay = "form" | "tus" | "direct";

/** Called with the number of stored bytes. */
export type OnUploaded = (way: UploadWay, bytes: number) => void;

export function uploadObserver(metrics: MetricsRegistry): OnUploaded {
  const bytes = metrics.counter(
    "realtimechat_upload_bytes_total",
    "Stored bytes of uploads by upload method",
    seriesBy<UploadWay>("way", { form: 0, tus: 0, direct: 0 }),
  );
  return (way, count) => bytes.add({ way }, count);
}
