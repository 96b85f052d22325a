import type { NotificationView } from "../../../api/views/notification.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Icon } from "../components/icon.tsx";
import { momentOf, whenOf } from "../texts/format.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { notificationText } from "./notification_text.ts";

interface NotificationItemProps {
  notification: NotificationView;
  onOpen(): void;
}

/** A press marks it as read, and shows its subject if it has one. */
export function NotificationItem({ notification, onOpen }: NotificationItemProps) {
  const app = useApp();
  const { actorId, createdAt, readAt } = notification;
  const actor = actorId === null ? null : app.people.person(actorId);
  const isUnread = readAt === null;
  return (
    <li>
      <button
        type="button"
        class={isUnread ? "person notification unread" : "person notification"}
        onClick={onOpen}
      >
        {actor
          ? (
            <Avatar
              id={actor.id}
              name={actor.name}
              mediaId={actor.avatarMediaId}
              size="s"
            />
          )
          : (
            <span class="notification-icon">
              <Icon name="lock" />
            </span>
          )}
        <span class="notification-text">
          {notificationText(notification, app)}
          {isUnread && <span class="visually-hidden">{notifications.t().unread}</span>}
        </span>
        <time class="small muted" dateTime={createdAt} title={momentOf(createdAt)}>
          {whenOf(createdAt)}
        </time>
      </button>
    </li>
  );
}
