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
  /** Never throws; the transport closes a reader that is too slow. */
  write(frame: Frame): void;
  close(reason: CloseReason, error?: AppError): void;
}

/**
 * Maximum number of events buffered while a client catches up; past it, the client has to catch up
 * again.
 */
const MAX_BUFFERED = 10_000;

/**
 * One live client. Until `release` it gets no events: everything that happens while its hello is
 * answered is buffered, so that events begin exactly where the `sync` of that answer ends.
 */
export class Connection {
  /** The chats it listens to; maintained by `Subscriptions`. */
  readonly rooms = new Set<Room>();
  /**
   * By chat, the `seq` up to which messages are hidden from the user: see `Membership.hiddenSeq`.
   */
  readonly #hidden = new Map<string, number>();
  #buffered: EncodedEvents[] | null = [];
  /**
   * By chat, the revision up to which the client was already answered. Null once there is none:
   * most deliveries then need no further check.
   */
  #floors: Map<string, number> | null = null;

  readonly #codec: Codec;
  /** True if each event goes to the client as it is: for the usual delivery one field is enough. */
  #isDirect = false;

  /** `compact`: the client fills in what events leave out. */
  constructor(
    readonly id: string,
    readonly caller: Caller,
    readonly sink: Sink,
    { compact = false } = {},
  ) {
    const { codec } = sink;
    this.#codec = compact ? codec.compact ?? codec : codec;
  }

  /**
   * Hides messages from now on, as the given membership says; replaces what an earlier one said.
   */
  hide({ chatId, hiddenSeq }: Pick<Membership, "chatId" | "hiddenSeq">): void {
    if (hiddenSeq > 0) this.#hidden.set(chatId, hiddenSeq);
    else this.#hidden.delete(chatId);
    this.#updateDirect();
  }

  /**
   * True if it listens to exactly these chats, and nothing after these revisions was delivered:
   * events begin there.
   */
  beginsAt(cursors: Record<string, number>): boolean {
    if (Object.keys(cursors).length !== this.rooms.size) return false;
    for (const room of this.rooms) {
      if (!room.isOpen || room.delivered !== cursors[room.chatId]) return false;
    }
    return true;
  }

  deliver(events: EncodedEvents): void {
    if (this.#isDirect) this.sink.write(events.frame(this.#codec));
    else this.#deliverChecked(events);
  }

  #deliverChecked(events: EncodedEvents): void {
    const outbound = this.#hidden.size === 0 ? events : this.#withoutHidden(events);
    if (this.#buffered !== null) this.#buffer(outbound);
    else if (this.#floors !== null) this.#deliverAboveFloors(outbound, this.#floors);
    else this.sink.write(outbound.frame(this.#codec));
  }

  /**
   * Lets events through that are past `cursors`, the revisions by chat that the client was answered
   * with. Cursors are kept only for chats whose room has not reached them yet.
   */
  release(cursors: ReadonlyMap<string, number> = new Map()): void {
    const buffered = this.#buffered ?? [];
    const floors = new Map(cursors);
    this.#buffered = null;
    this.#floors = floors;
    for (const outbound of buffered) this.deliver(outbound);
    const listened = new Map([...this.rooms].map((room) => [room.chatId, room.delivered]));
    for (const [chatId, floor] of floors) {
      if ((listened.get(chatId) ?? Infinity) >= floor) floors.delete(chatId);
    }
    if (floors.size === 0) this.#floors = null;
    this.#updateDirect();
  }

  #updateDirect(): void {
    this.#isDirect = this.#hidden.size === 0 && this.#buffered === null && this.#floors === null;
  }

  /** Encodes the events separately for this user only where something is hidden from them. */
  #withoutHidden(outbound: EncodedEvents): EncodedEvents {
    const events = outbound.events.map((event) =>
      withoutHidden(event, this.#hidden.get(event.chatId ?? "") ?? 0)
    );
    return events.every((event, i) => event === outbound.events[i])
      ? outbound
      : new EncodedEvents(events);
  }

  #buffer(outbound: EncodedEvents): void {
    if (this.#buffered!.length < MAX_BUFFERED) this.#buffered!.push(outbound);
    else this.sink.close("slow_reader");
  }

  #deliverAboveFloors(outbound: EncodedEvents, floors: Map<string, number>): void {
    const events = outbound.events.filter((event) => isNews(event, floors));
    if (floors.size === 0) this.#floors = null;
    this.#updateDirect();
    if (events.length === outbound.events.length) {
      this.sink.write(outbound.frame(this.#codec));
    } else if (events.length > 0) {
      this.sink.write(new EncodedEvents(events).frame(this.#codec));
    }
  }
}

/** Removes the floor once it is reached. */
function isNews({ chatId, rev }: WireEvent, floors: Map<string, number>): boolean {
  if (chatId === undefined || rev === undefined) return true;
  const floor = floors.get(chatId);
  if (floor === undefined) return true;
  if (rev >= floor) floors.delete(chatId);
  return rev > floor;
}
