import type { Chat } from "../../model/chat.ts";
import type { Document } from "./documents.ts";
import type { CollectionSpec } from "./indexes.ts";

export type ChatDocument = Document<Chat>;

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
      name: "avatar",
      key: { avatarMediaId: 1 },
      partialFilterExpression: { avatarMediaId: { $gt: "" } },
    },
    {
      name: "abandoned",
      key: { memberCount: 1 },
      partialFilterExpression: { memberCount: { $lt: 1 } },
    },
  ],
};
