import type { Caller } from "../model/caller.ts";
import type { WireEvent } from "../model/event.ts";

/**
 * Data that a transport writes to a socket for some events: one text frame, or one packet per
 * event.
 */
export type Frame = string | readonly string[];

/**
 * How a transport puts events into frames. One object per transport, since frames are cached by it.
 */
export interface Codec {
  /** Events in order, at least one. */
  encode(events: readonly WireEvent[]): Frame;
  /** The codec for connections that said `compact` in hello. */
  readonly compact?: Codec;
}

/** Outgoing events, encoded once per codec, however many sockets get them. */
export class EncodedEvents {
  #codec: Codec | null = null;
  #frame: Frame = "";
  #others: Map<Codec, Frame> | null = null;

  constructor(readonly events: readonly WireEvent[]) {}

  frame(codec: Codec): Frame {
    if (this.#codec === codec) return this.#frame;
    if (this.#codec !== null) return this.#other(codec);
    this.#codec = codec;
    return this.#frame = codec.encode(this.events);
  }

  #other(codec: Codec): Frame {
    this.#others ??= new Map();
    let frame = this.#others.get(codec);
    if (frame === undefined) this.#others.set(codec, frame = codec.encode(this.events));
    return frame;
  }
}

/** Receives events: a connection, as a room knows it. */
export interface Listener {
  readonly caller: Pick<Caller, "userId">;
  deliver(events: EncodedEvents): void;
}
