import type { WireEvent } from "../../model/event.ts";
import type { Codec } from "../../realtime/encoded_events.ts";
import { encodeEvent } from "./engine/pre_encoded.ts";

/** Each event is a packet of its own, under its own name, with the rest of it as its one argument. */
export const socketIoCodec: Codec = {
  encode: (events: readonly WireEvent[]): string[] =>
    events.map(({ event, ...rest }) => encodeEvent(event, [rest])),
};
