import { useApp } from "../app/context.ts";
import { EmptyState } from "../components/empty_state.tsx";
import { lazily } from "../components/lazily.tsx";
import { t } from "../texts/texts.ts";

const OpenChat = lazily(async () => (await import("./open_chat.tsx")).OpenChat);

/** The open chat, or what to do where none is open. */
export function ChatPane({ chatId }: { chatId: string }) {
  const app = useApp();
  const chat = chatId === "" ? null : app.chat(chatId);
  const isHere = chat?.row.value !== undefined;
  return (
    <section class="chat-pane">
      {chat && isHere && <OpenChat chat={chat} />}
      {!chat && <EmptyState icon="chat" title={t().pickChat} text={t().pickChatText} />}
      {chat && !isHere && app.hasInbox.value && (
        <EmptyState icon="alert" title={t().noSuchChat} text={t().noSuchChatText} />
      )}
    </section>
  );
}
