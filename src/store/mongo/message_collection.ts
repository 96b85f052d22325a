import { sharedTurns } from "../../core/turns.ts";
import type { Message } from "../../model/message.ts";
import { messageTerms, messageText } from "../search_terms.ts";
import { readerOf, type Searchable, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export type MessageDocument = Searchable<Message>;

export const MESSAGES: CollectionSpec = {
  name: "messages",
  indexes: [
    { name: "history", key: { chatId: 1, seq: 1 }, unique: true },
    { name: "changed", key: { chatId: 1, rev: 1 } },
    { name: "clientId", key: { chatId: 1, senderId: 1, clientId: 1 }, unique: true },
    {
      name: "pinned",
      key: { chatId: 1, pinnedAt: -1, seq: -1 },
      partialFilterExpression: { pinnedAt: { $gt: 0 } },
    },
    // Strings only, so that the many messages without files cost nothing.
    {
      name: "carrying",
      key: { "media.id": 1 },
      partialFilterExpression: { "media.id": { $gt: "" } },
    },
    // The chat first, so that a search never reads messages of other chats; then the word; and
    // within both by id, so that the newest come first from each chat, are merged, and the rest is
    // never read.
    { name: "search", key: { chatId: 1, terms: 1, _id: -1 } },
  ],
};

/** Defaults of the fields that messages of earlier releases lack. */
export const messageDefaults = (): Partial<Message> => ({
  custom: null,
  metadata: null,
  shadow: false,
});

export const readMessage = readerOf<Message>(messageDefaults);

/** Deleted and encrypted messages cannot be found, so they have no terms. */
export function messageDocument(message: Message): MessageDocument {
  const findable = message.deletedAt === null && message.kind !== "encrypted";
  return { ...toDocument(message), terms: findable ? messageTerms(messageText(message)) : [] };
}

/** Terms that one call to the driver takes, which encodes all of its documents at once. */
const TERMS_PER_CALL = 2_000;

/**
 * The documents of messages, in portions. Computing the terms of many long messages takes seconds,
 * and so does encoding them: each portion after the first is created in a separate turn.
 */
export async function* documentsOf(messages: Message[]): AsyncIterable<MessageDocument[]> {
  let portion: MessageDocument[] = [], terms = 0;
  for (const message of messages) {
    if (terms >= TERMS_PER_CALL) {
      yield portion;
      await sharedTurns.next();
      [portion, terms] = [[], 0];
    }
    const document = messageDocument(message);
    portion.push(document);
    terms += document.terms.length;
  }
  if (portion.length > 0) yield portion;
}
