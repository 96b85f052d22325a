import type { CloseReason } from "../api/close_codes.ts";
import type { AppError } from "../core/errors.ts";
import type { Caller } from "../model/caller.ts";
import type { WireEvent } from "../model/event.ts";
import type { Membership } from "../model/membership.ts";
import { withoutHidden } from "../api/views/chat_events.ts";
import { type Codec, EncodedEvents, type Frame } from "./encoded_events.ts";
import type { Room } from "./room.ts";

/** The transport's end of a connection. */
export interface Sink {
  readonly codec: Codec;
  /** Never throws; a reader that is too slow is closed by the transport. */
  write(frame: Frame): void;
  close(reason: CloseReason, error?: AppError): void;
}

/** Events held back at most while a client catches up; past it, it has to catch up again. */
const MAX_HELD = 10_000;

/**
 * One live client. Until `release` it hears nothing: what happens while its hello is answered is held
 * back, so that events begin exactly where the answer's `sync` ends.
 */
export class Connection {
  /** The chats it listens to; kept by the subscriptions. */
  readonly rooms = new Set<Room>();
  /** By chat, up to where messages are hidden from the person: see `Membership.hiddenSeq`. */
  readonly #hidden = new Map<string, number>();
  #held: EncodedEvents[] | null = [];
  /** Null once there are none: most deliveries need not look further then. */
  #floors: Map<string, number> | null = null;

  constructor(readonly id: string, readonly caller: Caller, readonly sink: Sink) {}

  /** From now on, as the membership says that is given last. */
  hide({ chatId, hiddenSeq }: Pick<Membership, "chatId" | "hiddenSeq">): void {
    if (hiddenSeq > 0) this.#hidden.set(chatId, hiddenSeq);
    else this.#hidden.delete(chatId);
  }

  deliver(events: EncodedEvents): void {
    const outbound = this.#hidden.size === 0 ? events : this.#withoutHidden(events);
    if (this.#held !== null) this.#hold(outbound);
    else if (this.#floors !== null) this.#deliverAboveFloors(outbound, this.#floors);
    else this.sink.write(outbound.frame(this.sink.codec));
  }

  /**
   * Lets events through that go beyond `cursors`, the revisions by chat that the client was answered.
   * They are looked at only for chats whose room has not come that far yet.
   */
  release(cursors: ReadonlyMap<string, number> = new Map()): void {
    const held = this.#held ?? [];
    const floors = new Map(cursors);
    this.#held = null;
    this.#floors = floors;
    for (const outbound of held) this.deliver(outbound);
    const listened = new Map([...this.rooms].map((room) => [room.chatId, room.delivered]));
    for (const [chatId, floor] of floors) {
      if ((listened.get(chatId) ?? Infinity) >= floor) floors.delete(chatId);
    }
    if (floors.size === 0) this.#floors = null;
  }

  /** Encoded for this person alone only where something is hidden from them. */
  #withoutHidden(outbound: EncodedEvents): EncodedEvents {
    const events = outbound.events.map((event) =>
      withoutHidden(event, this.#hidden.get(event.chatId ?? "") ?? 0)
    );
    return events.every((event, i) => event === outbound.events[i])
      ? outbound
      : new EncodedEvents(events);
  }

  #hold(outbound: EncodedEvents): void {
    if (this.#held!.length < MAX_HELD) this.#held!.push(outbound);
    else this.sink.close("slow_reader");
  }

  #deliverAboveFloors(outbound: EncodedEvents, floors: Map<string, number>): void {
    const events = outbound.events.filter((event) => isNews(event, floors));
    if (floors.size === 0) this.#floors = null;
    if (events.length === outbound.events.length) {
      this.sink.write(outbound.frame(this.sink.codec));
    } else if (events.length > 0) {
      this.sink.write(new EncodedEvents(events).frame(this.sink.codec));
    }
  }
}

/** Takes the floor away once it is reached. */
function isNews({ chatId, rev }: WireEvent, floors: Map<string, number>): boolean {
  if (chatId === undefined || rev === undefined) return true;
  const floor = floors.get(chatId);
  if (floor === undefined) return true;
  if (rev >= floor) floors.delete(chatId);
  return rev > floor;
}
