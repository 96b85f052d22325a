// What the guide's examples take as given.
import type { ChatClient } from "realtimechat-client";

declare global {
  const client: ChatClient;
  const chatId: string;
  const messageId: string;
  const file: File;
}
