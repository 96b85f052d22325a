import type { ChatLine, ImportLine, MessageLine, Numbered, PersonLine } from "./lines.ts";

/** A batch takes at least so many lines, */
const MIN_LINES = 2_000;
/** and more of a file that goes from chat to chat, so that each has several messages to commit, */
const LINES_PER_CHAT = 16;
/** within the bounds of memory. */
const MAX_LINES = 32_000;
const MAX_CHARACTERS = 16_000_000;

interface RefusedLine {
  number: number;
  reason: string;
}

/** Lines that are written together. */
export class LineBatch {
  readonly people: Numbered<PersonLine>[] = [];
  readonly chats: Numbered<ChatLine>[] = [];
  /** By chat. */
  readonly messages = new Map<string, Numbered<MessageLine>[]>();
  readonly #refused: RefusedLine[] = [];
  #lines = 0;
  #characters = 0;

  get isFull(): boolean {
    const wanted = Math.max(MIN_LINES, this.messages.size * LINES_PER_CHAT);
    return this.#lines >= Math.min(wanted, MAX_LINES) || this.#characters >= MAX_CHARACTERS;
  }

  add({ number, line }: Numbered<ImportLine>, characters: number): void {
    this.#lines++;
    this.#characters += characters;
    if (line.type === "person") this.people.push({ number, line });
    else if (line.type === "chat") this.chats.push({ number, line });
    else this.#messagesOf(line.chat).push({ number, line });
  }

  refuse(number: number, reason: string): void {
    this.#lines++;
    this.#refused.push({ number, reason });
  }

  /** In order of the file. */
  refused(): RefusedLine[] {
    return this.#refused.toSorted((a, b) => a.number - b.number);
  }

  clear(): void {
    this.people.length = this.chats.length = this.#refused.length = 0;
    this.messages.clear();
    this.#lines = this.#characters = 0;
  }

  #messagesOf(chat: string): Numbered<MessageLine>[] {
    const found = this.messages.get(chat);
    if (found) return found;
    const lines: Numbered<MessageLine>[] = [];
    this.messages.set(chat, lines);
    return lines;
  }
}
