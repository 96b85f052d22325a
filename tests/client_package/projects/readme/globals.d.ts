// Globals that the guide's examples use.
import type { ChatClient } from "realtimechat-client";

declare global {
  const client: ChatClient;
  const chatId: string;
  const messageId: string;
  const apiKey: string;
  const file: File;
}
