import { z } from "zod";

/** RFC 3339 in UTC. */
export const Timestamp = z.iso.datetime().meta({
  id: "Timestamp",
  examples: ["2026-01-31T12:00:00.000Z"],
});
export const TimestampOrNull = Timestamp.nullable();
