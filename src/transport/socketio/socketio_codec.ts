import { compactEvent } from "../../api/views/compact_events.ts";
import type { WireEvent } from "../../model/event.ts";
import type { Codec } from "../../realtime/encoded_events.ts";
import { encodeEvent } from "./engine/pre_encoded.ts";

/**
 * Each event is a separate packet: its type is the packet's name, and its other fields are the one
 * argument.
 */
export const socketIoCodec: Codec = {
  encode: packetsOf,
  compact: { encode: (events) => packetsOf(events.map(compactEvent)) },
};

function packetsOf(events: readonly WireEvent[]): string[] {
  return events.map(({ event, ...rest }) => encodeEvent(event, [rest]));
}
