import { useEffect, useMemo } from "preact/hooks";
import type { NotificationView } from "../../../api/views/notification.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Dialog } from "../components/dialog.tsx";
import { EmptyState } from "../components/empty_state.tsx";
import { goTo, goToMessage } from "../state/route.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { t } from "../texts/texts.ts";
import { NotificationItem } from "./notification_item.tsx";
import { NotificationList } from "./notification_list.ts";

/** Everything that the person was notified of, newest first. */
export function NotificationsDialog({ onClose }: { onClose(): void }) {
  const { client, unreadNotifications } = useApp();
  const list = useMemo(() => new NotificationList(client), [client]);
  useEffect(() => {
    void attempt(() => list.load());
    return () => list.stop();
  }, [list]);
  const open = (notification: NotificationView) => {
    void attempt(() => list.read(notification));
    const { chatId, messageId } = notification;
    if (chatId === null) return;
    onClose();
    if (messageId === null) goTo(chatId);
    else goToMessage(chatId, messageId);
  };
  const items = list.items.value;
  return (
    <Dialog title={notifications.t().notifications} onClose={onClose}>
      {items?.length === 0 && (
        <EmptyState
          icon="bell"
          title={notifications.t().nothingNew}
          text={notifications.t().nothingNewText}
        />
      )}
      {items === null && <p class="muted" role="status">{t().loading}</p>}
      <ul class="notifications">
        {items?.map((each) => (
          <NotificationItem
            key={each.id}
            notification={each}
            onOpen={() => open(each)}
          />
        ))}
      </ul>
      <div class="dialog-buttons">
        {list.hasMore.value && (
          <button
            type="button"
            class="button secondary"
            onClick={() => void attempt(() => list.load())}
          >
            {notifications.t().more}
          </button>
        )}
        {unreadNotifications.value > 0 && (
          <button
            type="button"
            class="button secondary"
            onClick={() => void attempt(() => list.readAll())}
          >
            {notifications.t().markAllRead}
          </button>
        )}
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}
