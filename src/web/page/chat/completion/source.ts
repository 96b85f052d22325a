import type { SignedIn } from "../../state/signed_in.ts";
import type { ChatState } from "../../state/chat.ts";

/** The place where the person writes. */
export interface CompletionPlace {
  app: SignedIn;
  chat: ChatState;
}

export interface CompletionItem {
  key: string;
  label: string;
  /** Beside the label, less prominent. */
  detail?: string;
  /** Shown before the label: an emoji, or a person's picture. */
  mark?: string;
  face?: { id: string; name: string; mediaId: string | null };
  /** Put in place of the trigger and the word after it, with a space. */
  insert: string;
}

/**
 * Offers completions for the word that is being written. Add one to `sources.ts`.
 */
export interface CompletionSource {
  /** Character before the word. */
  trigger: string;
  /** Only for the first word of a message. */
  isAtStart?: boolean;
  /** Letters after the trigger from which on there are completions. */
  minLength?: number;
  /** Name of the list for screen readers; read after `load`. */
  title(): string;
  /** Fetches what `find` needs, once. */
  load?(place: CompletionPlace): Promise<void>;
  find(query: string, place: CompletionPlace): CompletionItem[];
}
