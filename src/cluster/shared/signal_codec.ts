import type { Signal } from "../broker.ts";

/**
 * Encodes signals in few bytes, for brokers that cost by the byte: a pointer is an id and a
 * revision, 19 bytes instead of 90. Rare kinds stay JSON, after their length.
 */
const enum Tag {
  Json = 0,
  Chat = 1,
  ChatWithMembers = 2,
  TypingStart = 3,
  TypingStop = 4,
  TypingSilentStop = 5,
  Gap = 6,
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;

/**
 * Encodes any signal. Signals whose ids are no UUIDs become JSON. So does a pointer with a trace,
 * which earlier releases read as one without.
 */
export function encodeSignal(signal: Signal): Uint8Array {
  const bytes: number[] = [];
  if (signal.type === "chat" && signal.trace === undefined && UUID.test(signal.chatId)) {
    const { chatId, rev, membersAfter } = signal;
    bytes.push(membersAfter === undefined ? Tag.Chat : Tag.ChatWithMembers);
    pushUuid(bytes, chatId);
    pushNumber(bytes, rev);
    if (membersAfter !== undefined) pushNumber(bytes, membersAfter);
  } else if (signal.type === "typing" && UUID.test(signal.chatId) && UUID.test(signal.userId)) {
    bytes.push(typingTag(signal));
    pushUuid(bytes, signal.chatId);
    pushUuid(bytes, signal.userId);
  } else {
    const json = encoder.encode(JSON.stringify(signal));
    pushNumber(bytes, Tag.Json);
    pushNumber(bytes, json.length);
    const whole = new Uint8Array(bytes.length + json.length);
    whole.set(bytes);
    whole.set(json, bytes.length);
    return whole;
  }
  return Uint8Array.from(bytes);
}

/** Marks that signals before it were dropped. */
export const GAP: Uint8Array = Uint8Array.of(Tag.Gap);

/**
 * Throws on anything that `encodeSignal` did not create (by another version of the program, say).
 */
export function decodeSignals(batch: Uint8Array): { signals: Signal[]; gap: boolean } {
  const reader = new Reader(batch);
  const signals: Signal[] = [];
  let gap = false;
  while (!reader.atEnd) {
    const tag = reader.number();
    if (tag === Tag.Gap) gap = true;
    else signals.push(decodeOne(tag, reader));
  }
  return { signals, gap };
}

function decodeOne(tag: number, reader: Reader): Signal {
  switch (tag) {
    case Tag.Json:
      return JSON.parse(decoder.decode(reader.bytes(reader.number())));
    case Tag.Chat:
      return { type: "chat", chatId: reader.uuid(), rev: reader.number() };
    case Tag.ChatWithMembers: {
      const [chatId, rev, membersAfter] = [reader.uuid(), reader.number(), reader.number()];
      return { type: "chat", chatId, rev, membersAfter };
    }
    case Tag.TypingStart:
    case Tag.TypingStop:
    case Tag.TypingSilentStop: {
      const [chatId, userId, typing] = [reader.uuid(), reader.uuid(), tag === Tag.TypingStart];
      const silent = tag === Tag.TypingSilentStop && { silent: true as const };
      return { type: "typing", chatId, userId, typing, ...silent };
    }
    default:
      throw new Error(`Cannot decode signals: there is no kind ${tag}`);
  }
}

function typingTag({ typing, silent }: Signal & { type: "typing" }): Tag {
  return typing ? Tag.TypingStart : silent ? Tag.TypingSilentStop : Tag.TypingStop;
}

function pushUuid(bytes: number[], uuid: string): void {
  const hex = uuid.replaceAll("-", "");
  for (let at = 0; at < hex.length; at += 2) bytes.push(parseInt(hex.slice(at, at + 2), 16));
}

/** Seven bits per byte, the lowest first; revisions may exceed 32 bits. */
function pushNumber(bytes: number[], value: number): void {
  for (; value > 0x7f; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80);
  bytes.push(value);
}

class Reader {
  #at = 0;

  constructor(private readonly batch: Uint8Array) {}

  get atEnd(): boolean {
    return this.#at >= this.batch.length;
  }

  number(): number {
    let value = 0;
    for (let unit = 1;; unit *= 128) {
      const [byte] = this.bytes(1);
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value;
    }
  }

  uuid(): string {
    const hex = Array.from(this.bytes(UUID_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
    const parts = [
      hex.slice(0, 4),
      hex.slice(4, 6),
      hex.slice(6, 8),
      hex.slice(8, 10),
      hex.slice(10),
    ];
    return parts.map((part) => part.join("")).join("-");
  }

  bytes(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.batch.length) throw new Error("Cannot decode signals: the batch is cut off");
    return this.batch.subarray(this.#at, this.#at = end);
  }
}
