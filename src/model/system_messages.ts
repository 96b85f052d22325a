import { newId } from "../core/ids.ts";
import type { CustomData } from "./custom_data.ts";
import type { Message, SystemMetadata } from "./message.ts";

/** Changes of a group that the server may report as messages of kind `system`. */
export const SYSTEM_REPORTS = ["joined", "left", "removed", "renamed", "picture"] as const;

export type SystemReport = typeof SYSTEM_REPORTS[number];

export interface SystemContent {
  /** Only for its place in the table: `metadata.by` names who did it. */
  senderId: string;
  clientId?: string;
  metadata: SystemMetadata;
  custom: CustomData | null;
}

/** Returns a message of kind `system`, which has no text, before its place in the chat. */
export function systemMessage(
  content: SystemContent,
  createdAt: number,
): Omit<Message, "chatId" | "seq" | "rev"> {
  const id = newId();
  return {
    id,
    clientId: id,
    kind: "system",
    text: "",
    ciphertext: null,
    media: [],
    replyTo: null,
    mentions: [],
    reactions: [],
    createdAt,
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    shadow: false,
    ...content,
  };
}
