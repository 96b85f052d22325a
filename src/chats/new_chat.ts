import type { Chat } from "../model/chat.ts";
import type { ChatState } from "./chat_state.ts";

export type NewChat =
  & Pick<Chat, "id" | "kind" | "createdBy" | "createdAt" | "encrypted">
  & Partial<Pick<Chat, "directKey" | "name" | "description" | "history" | "custom" | "externalId">>;

/** Returns a chat before its first revision: creating it is the change from head 0. */
export function initialChat(chat: NewChat): ChatState {
  return {
    chat: {
      directKey: null,
      name: "",
      description: "",
      avatarMediaId: null,
      rev: 0,
      detailsRev: 0,
      lastSeq: 0,
      lastActivityAt: chat.createdAt,
      memberCount: 0,
      history: "all",
      updatedAt: chat.createdAt,
      epoch: chat.encrypted ? 0 : null,
      generation: 0,
      custom: null,
      externalId: null,
      frozen: null,
      ...chat,
    },
    members: new Map(),
  };
}
