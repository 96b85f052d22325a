import type { ComponentType } from "preact";
import type { LocalMessage } from "../../../client/mod.ts";
import type { ChatState } from "../state/chat.ts";
import { encryptionArea } from "../texts/encryption/encryption.ts";
import { EncryptionNotices } from "./encryption_notices.tsx";
import { SealedContent } from "./sealed_content.tsx";
import { VerifiedMark } from "./verified_mark.tsx";

/** With a message its content, or why it cannot be read; with a chat its mark, or its notices. */
export interface InChatProps {
  message?: LocalMessage;
  mark?: ChatState;
  notices?: ChatState;
}

/** Resolves once texts and style are here, too. */
export async function loadInChat(): Promise<ComponentType<InChatProps>> {
  await encryptionArea.load();
  return InChat;
}

function InChat({ message, mark, notices }: InChatProps) {
  if (message) return <SealedContent message={message} />;
  if (mark) return <VerifiedMark chat={mark} />;
  return notices ? <EncryptionNotices chat={notices} /> : null;
}
