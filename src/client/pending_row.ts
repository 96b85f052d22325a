import type { CustomData } from "../model/custom_data.ts";
import type { FileDescriptor } from "./mls/message_content.ts";
import type { LocalMessage } from "./local_chat.ts";

/** The content of a message to send. */
export interface SendContent {
  text?: string;
  mediaIds?: string[];
  /** The id of a message of the same chat. */
  replyTo?: string;
  mentions?: string[];
  /** Data of your application; not in encrypted chats. */
  custom?: CustomData;
  /** Files of an encrypted chat, as returned by `files.uploadEncrypted`. */
  files?: FileDescriptor[];
}

/** Returns the row of an unsent message: the server assigns id, seq and rev. */
export function pendingRow(
  draft: { chatId: string; clientId: string; senderId: string; encrypted: boolean },
  content: SendContent,
): LocalMessage {
  const { encrypted, ...ids } = draft;
  return {
    ...ids,
    id: draft.clientId,
    seq: 0,
    rev: 0,
    kind: "text",
    text: content.text ?? "",
    media: [],
    replyTo: content.replyTo ?? null,
    mentions: content.mentions ?? [],
    reactions: [],
    createdAt: new Date().toISOString(),
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    custom: content.custom,
    status: "sending",
    ...((encrypted || content.files) && {
      encrypted: { state: "read", files: content.files ?? [], isShown: true },
    }),
  };
}
