import { commandSource } from "./command_source.ts";
import { emojiSource } from "./emoji_source.ts";
import { mentionSource } from "./mention_source.ts";
import type { CompletionSource } from "./source.ts";

/** The first whose trigger stands before the word is asked. */
export const SOURCES: readonly CompletionSource[] = [mentionSource, emojiSource, commandSource];
