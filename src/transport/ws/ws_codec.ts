import { compactEvent } from "../../api/views/compact_events.ts";
import type { WireEvent } from "../../model/event.ts";
import type { Codec } from "../../realtime/encoded_events.ts";

/** One event is an object, several are an array; each is one text frame. */
export const wsCodec: Codec = {
  encode: frameOf,
  compact: { encode: (events) => frameOf(events.map(compactEvent)) },
};

function frameOf(events: readonly WireEvent[]): string {
  return JSON.stringify(events.length === 1 ? events[0] : events);
}
