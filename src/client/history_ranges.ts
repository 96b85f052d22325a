import type { LocalChat } from "./local_chat.ts";

/** All messages whose seq is from `from` to `to` are loaded. */
export interface LoadedRange {
  from: number;
  to: number;
}

/**
 * Ranges of the history that are loaded apart from the newest messages, by the state of the chat:
 * when that starts over after a restored backup, its ranges are gone with it.
 */
const rangesOf = new WeakMap<LocalChat, LoadedRange[]>();

/**
 * Adds a range whose messages are in `local`. Ranges that overlap or touch become one; a range that
 * touches the newest messages becomes a part of them, so that messages with a gap in between are
 * never neighbors. Returns whether the newest messages have become more.
 */
export function addRange(local: LocalChat, range: LoadedRange): boolean {
  const ranges = [...rangesOf.get(local) ?? [], range].sort((a, b) => a.from - b.from);
  const merged: LoadedRange[] = [];
  for (const { from, to } of ranges) {
    const last = merged.at(-1);
    if (last && from <= last.to + 1) last.to = Math.max(last.to, to);
    else merged.push({ from, to });
  }
  rangesOf.set(local, merged);
  return joinNewest(local, merged);
}

/** Returns the loaded range that contains the seq; up to Infinity with the newest messages. */
export function rangeAt(local: LocalChat, seq: number): LoadedRange | undefined {
  if (seq >= local.completeFrom) return { from: local.completeFrom, to: Infinity };
  return rangesOf.get(local)?.find(({ from, to }) => from <= seq && seq <= to);
}

function joinNewest(local: LocalChat, ranges: LoadedRange[]): boolean {
  const before = local.completeFrom;
  for (let last = ranges.at(-1); last && last.to + 1 >= local.completeFrom; last = ranges.at(-1)) {
    local.completeFrom = Math.min(local.completeFrom, last.from);
    ranges.pop();
  }
  return local.completeFrom < before;
}
