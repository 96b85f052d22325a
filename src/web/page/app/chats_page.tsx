import { useEffect } from "preact/hooks";
import { ChatPane } from "../chat/chat_pane.tsx";
import { Inbox } from "../inbox/inbox.tsx";
import { hasNewVersion } from "../state/new_version.ts";
import { openChatId } from "../state/route.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { t } from "../texts/texts.ts";
import { ConnectionBanner } from "./connection_banner.tsx";
import { useApp } from "./context.ts";

const UpdateNotice = notifications.lazily(async () =>
  (await import("./update_notice.tsx")).UpdateNotice
);

/** The list of chats beside the open one; on a phone, one of the two. */
export function ChatsPage() {
  const app = useApp();
  const isEncrypted = app.inbox.value.some(({ encrypted }) => encrypted);
  useEffect(() => {
    // From now on messages of encrypted chats are read as they come.
    if (isEncrypted) void import("../encryption/start.ts").then(({ start }) => start(app));
  }, [isEncrypted]);
  return (
    <main class="page" data-open={openChatId.value === "" ? "inbox" : "chat"}>
      <Title />
      <div class="banners">
        <ConnectionBanner />
        {hasNewVersion.value && <UpdateNotice />}
      </div>
      <Inbox />
      <ChatPane key={openChatId.value} chatId={openChatId.value} />
    </main>
  );
}

/** Counts what is unread in the tab, too. */
function Title() {
  const { totalUnread } = useApp();
  const unread = totalUnread.value;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${t().appName}` : t().appName;
  }, [unread]);
  return null;
}
