import type { WireEvent } from "../../model/event.ts";
import type { Codec } from "../../realtime/encoded_events.ts";
import { encodeEvent } from "./engine/pre_encoded.ts";

/**
 * Each event is a separate packet: its type is the packet's name, and its other fields are the one
 * argument.
 */
export const socketIoCodec: Codec = {
  encode: (events: readonly WireEvent[]): string[] =>
    events.map(({ event, ...rest }) => encodeEvent(event, [rest])),
};
