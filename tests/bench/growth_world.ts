import { newId } from "../../src/core/ids.ts";
import type { Chat } from "../../src/model/chat.ts";
import type { Message } from "../../src/model/message.ts";
import type { Store } from "../../src/store/store.ts";
import { aChange, aChat, aMember, aMessage } from "../contract/store/rows.ts";
import type { Filler } from "./growth_fill.ts";

/** Chats of the one who reads. The first has half of all messages, the others share the rest. */
export const CHATS = 400;
const MESSAGES_PER_COMMIT = 500;
/** Commits to different chats under way at once. */
const AT_ONCE = 4;
const VOCABULARY = 5_000;
const WORDS_PER_MESSAGE = 12;
/** The newest messages of each chat, which the reader has not read. */
const UNREAD = 3;
/** In the first messages of the first chat only. */
export const RARE_WORD = "needle";
const RARE_MESSAGES = 20;
/** In about every second message. */
export const COMMON_WORD = "w0";

/** Ids of the members of all chats: one writes, the other one asks. */
export interface People {
  reader: string;
  writer: string;
}

/** Groups of the two, all of them empty. */
export async function createChats(store: Store, { reader, writer }: People): Promise<Chat[]> {
  const memberIds = [reader, writer];
  const chats: Chat[] = [];
  for (let n = 0; n < CHATS; n++) {
    const chat = aChat({ name: `Group ${n}`, memberCount: memberIds.length });
    const members = memberIds.map((userId) => aMember(chat.id, { userId }));
    await store.chats.commit(aChange(0, chat, { members }));
    chats.push(chat);
  }
  return chats;
}

/** Writes messages until there are as many: a million sends would be a separate benchmark. */
export async function fillUp(filler: Filler, chats: Chat[], people: People, size: number) {
  const each = Math.floor(size / 2 / (CHATS - 1));
  const wanted = chats.map(({ id }, n) => ({
    id,
    count: n === 0 ? size - each * (CHATS - 1) : each,
  }));
  const rest = wanted.values();
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    for (const { id, count } of rest) await fillChat(filler, id, people, count);
  }));
  // The index would otherwise continue while requests are measured.
  await filler.store.messages.indexed();
}

async function fillChat(
  filler: Filler,
  id: string,
  { reader, writer }: People,
  count: number,
): Promise<void> {
  let before = (await filler.store.chats.byId(id))!;
  while (before.rev - 1 < count) {
    const { rev: from } = before;
    const length = Math.min(MESSAGES_PER_COMMIT, count - from + 1);
    const inserted = Array.from({ length }, (_, i) => messageOf(before, writer, from + 1 + i));
    const rev = from + length;
    const after = { ...before, rev, lastSeq: rev, lastActivityAt: Date.now() };
    const reads = [{ userId: reader, seq: rev - UNREAD, before: rev }];
    await filler.write({ before, after, inserted, reads });
    before = after;
  }
}

function messageOf(chat: Chat, senderId: string, rev: number): Message {
  const id = newId();
  const isRare = chat.name === "Group 0" && rev <= RARE_MESSAGES + 1;
  const words = Array.from({ length: WORDS_PER_MESSAGE }, wordOf);
  const text = [...words, ...(isRare ? [RARE_WORD] : [])].join(" ");
  return aMessage(chat.id, rev, { id, clientId: id, senderId, text, createdAt: Date.now() });
}

/** Few words are frequent and most are rare, as in a language. */
function wordOf(): string {
  return `w${Math.floor(VOCABULARY ** Math.random()) - 1}`;
}
