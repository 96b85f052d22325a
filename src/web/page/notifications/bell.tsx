import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { IconButton } from "../components/icon_button.tsx";
import { goTo, openView } from "../state/route.ts";
import { notifications } from "../texts/notifications/notifications.ts";
import { NotificationsDialog } from "./notifications_dialog.tsx";

/** Opens the notifications; has a dot while some are unread. */
export function Bell() {
  const [isOpen, setOpen] = useState(false);
  const unread = useApp().unreadNotifications.value;
  const label = notifications.t().notifications;
  // A notification of the operating system leads there by its address.
  const isAddressed = openView.value === "notifications";
  const close = () => {
    setOpen(false);
    if (isAddressed) goTo("");
  };
  return (
    <>
      <IconButton
        icon="bell"
        class={unread > 0 ? "has-unread" : undefined}
        label={unread > 0 ? `${label} (${unread})` : label}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      />
      {(isOpen || isAddressed) && <NotificationsDialog onClose={close} />}
    </>
  );
}
