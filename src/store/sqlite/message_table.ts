import type { Message } from "../../model/message.ts";
import { Table } from "./table.ts";

export const MESSAGES = new Table<Message>("messages", {
  id: "value",
  chatId: "value",
  seq: "value",
  rev: "value",
  senderId: "value",
  clientId: "value",
  kind: "value",
  text: "value",
  ciphertext: "value",
  media: "json",
  replyTo: "value",
  mentions: "json",
  reactions: "json",
  createdAt: "value",
  editedAt: "value",
  deletedAt: "value",
  pinnedAt: "value",
  custom: "json",
  metadata: "json",
  shadow: "boolean",
});
