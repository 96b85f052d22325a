import type { ChatCommit, ChatStep } from "../../model/chat_step.ts";

/** Chats whose commits are handed over with one batch. */
const MAX_CHATS = 256;
/** Steps, and characters of the messages, of a chat past which its rows are read instead. */
const MAX_STEPS = 64;
const MAX_CHARACTERS = 16_384;

/**
 * Commits that go to the other threads with the next batch, those of one chat together. Only
 * messages: a change of members is read, since more depends on it.
 */
export class HandedCommits {
  #byChat = new Map<string, ChatCommit>();

  add({ chatId, after, rev, steps }: ChatCommit): void {
    const earlier = this.#byChat.get(chatId);
    const isNext = earlier?.rev === after;
    const all = isNext ? [...earlier.steps, ...steps] : steps;
    const isLarge = all.length > MAX_STEPS || charactersOf(all) > MAX_CHARACTERS;
    if (isLarge) this.#byChat.delete(chatId);
    else if (earlier !== undefined || this.#byChat.size < MAX_CHATS) {
      this.#byChat.set(chatId, { chatId, after: isNext ? earlier.after : after, rev, steps: all });
    }
  }

  /** Returns the commits added since the last call. */
  take(): ChatCommit[] {
    const commits = [...this.#byChat.values()];
    this.#byChat = new Map();
    return commits;
  }
}

/** Infinity for steps that are not about messages. */
function charactersOf(steps: readonly ChatStep[]): number {
  let characters = 0;
  for (const step of steps) {
    if (!("message" in step)) return Infinity;
    characters += step.message.text.length + (step.message.ciphertext?.length ?? 0);
  }
  return characters;
}
