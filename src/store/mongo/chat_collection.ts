import type { Chat } from "../../model/chat.ts";
import { customEntries } from "../custom_entries.ts";
import { type Document, readerOf, toDocument } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export type ChatDocument = Document<Chat> & {
  /** Left out if there are none. */
  customEntries?: string[];
};

export const CHATS: CollectionSpec = {
  name: "chats",
  indexes: [
    {
      name: "directKey",
      key: { directKey: 1 },
      unique: true,
      // All strings and no null; a query for one string is recognized as within it, which `$type`
      // is not.
      partialFilterExpression: { directKey: { $gt: "" } },
    },
    {
      name: "externalId",
      key: { externalId: 1 },
      unique: true,
      partialFilterExpression: { externalId: { $gt: "" } },
    },
    {
      name: "avatar",
      key: { avatarMediaId: 1 },
      partialFilterExpression: { avatarMediaId: { $gt: "" } },
    },
    {
      name: "abandoned",
      key: { memberCount: 1 },
      partialFilterExpression: { memberCount: { $lt: 1 } },
    },
    { name: "newest", key: { createdAt: -1, _id: -1 } },
    {
      name: "frozen",
      key: { createdAt: -1, _id: -1, "frozen.at": 1 },
      partialFilterExpression: { "frozen.at": { $gt: 0 } },
    },
    {
      name: "custom",
      key: { customEntries: 1 },
      partialFilterExpression: { customEntries: { $gt: "" } },
    },
  ],
};

export function chatDocument(chat: Chat): ChatDocument {
  const entries = customEntries(chat.custom);
  return { ...toDocument(chat), ...(entries.length > 0 && { customEntries: entries }) };
}

/** Chats of earlier releases have their first MLS group, and show their history to all members. */
export const chatDefaults = (): Partial<Chat> => ({
  generation: 0,
  history: "all",
  custom: null,
  externalId: null,
  frozen: null,
});

const read = readerOf<Chat>(chatDefaults);

export function readChat({ customEntries: _, ...document }: ChatDocument): Chat {
  return read(document);
}
