import type { CompletionSource } from "./source.ts";

export interface WordAtCaret {
  source: CompletionSource;
  query: string;
  /** Place of the trigger in the text. */
  start: number;
  end: number;
}

/** Returns the word with a trigger that ends at the caret, or null. */
export function wordAtCaret(
  text: string,
  caret: number,
  sources: readonly CompletionSource[],
): WordAtCaret | null {
  const [, before, word] = text.slice(0, caret).match(/^([^]*?)(\S*)$/)!;
  const source = sources.find(({ trigger, isAtStart, minLength = 0 }) =>
    word.startsWith(trigger) && word.length - trigger.length >= minLength &&
    (!isAtStart || before.trim() === "")
  );
  if (!source) return null;
  const query = word.slice(source.trigger.length);
  return { source, query, start: before.length, end: caret };
}
