import { useApp } from "../app/context.ts";
import { IconButton } from "../components/icon_button.tsx";
import { t } from "../texts/texts.ts";

/** Opens the notifications; has a dot while some are unread. */
export function Bell({ onClick }: { onClick(): void }) {
  const unread = useApp().unreadNotifications.value;
  return (
    <IconButton
      icon="bell"
      class={unread > 0 ? "bell has-unread" : "bell"}
      label={unread > 0 ? `${t().notifications} (${unread})` : t().notifications}
      aria-haspopup="dialog"
      onClick={onClick}
    />
  );
}
