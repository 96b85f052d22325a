import type { LocalMessage } from "../../../client/mod.ts";

/**
 * Rows that are in the document at most, so that a chat of 10,000 messages scrolls like one of 100.
 */
export const MAX_ROWS = 200;
/** Rows that a step towards one end adds. */
const STEP = 50;
/** Rows above the first unread message, to read it in context. */
const CONTEXT = 20;

/**
 * Which messages are in the document: those whose seq is from `from` to `to`. Messages on their
 * way, which have no seq yet, belong to the end. Seqs stay right when older messages are put
 * before.
 */
export interface MessageWindow {
  from: number;
  /** Infinity: all up to the end, whatever comes. */
  to: number;
}

export function tailOf(messages: readonly LocalMessage[]): MessageWindow {
  const first = messages[Math.max(0, messages.length - STEP * 2)];
  return { from: first?.seq ?? 0, to: Infinity };
}

export function around(messages: readonly LocalMessage[], id: string): MessageWindow {
  const at = messages.findIndex((message) => message.id === id);
  return windowFrom(messages, at - CONTEXT, at + STEP * 2);
}

export function boundsOf(messages: readonly LocalMessage[], { from, to }: MessageWindow) {
  let start = messages.findIndex((message) => seqOf(message) >= from);
  if (start === -1) start = messages.length;
  const after = to === Infinity ? -1 : messages.findIndex((message) => seqOf(message) > to);
  const end = after === -1 ? messages.length : after;
  return { start: Math.max(start, end - MAX_ROWS), end };
}

/** Reaches further back, and lets go of what is far below. */
export function earlier(messages: readonly LocalMessage[], window: MessageWindow): MessageWindow {
  const { start, end } = boundsOf(messages, window);
  if (start === 0) return window;
  const first = Math.max(0, start - STEP);
  return windowFrom(messages, first, Math.min(end, first + MAX_ROWS));
}

/** Reaches further to the end, and lets go of what is far above. */
export function later(messages: readonly LocalMessage[], window: MessageWindow): MessageWindow {
  const { start, end } = boundsOf(messages, window);
  if (end === messages.length) return window;
  const last = Math.min(messages.length, end + STEP);
  return windowFrom(messages, Math.max(start, last - MAX_ROWS), last);
}

function windowFrom(messages: readonly LocalMessage[], start: number, end: number): MessageWindow {
  const first = messages[Math.max(0, start)];
  const last = end >= messages.length ? undefined : messages[end - 1];
  return { from: first ? seqOf(first) : 0, to: last ? seqOf(last) : Infinity };
}

function seqOf({ seq }: LocalMessage): number {
  return seq === 0 ? Number.MAX_SAFE_INTEGER : seq;
}
