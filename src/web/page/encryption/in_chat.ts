import { lazily } from "../components/lazily.tsx";
import type { InChatProps } from "./in_chat_parts.tsx";

/** Parts of an open chat that only encrypted ones have; others load nothing of them. */
export const InChat = lazily<InChatProps>(async () => {
  return (await import("./in_chat_parts.tsx")).loadInChat();
});
