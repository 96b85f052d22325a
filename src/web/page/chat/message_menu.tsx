import { useRef, useState } from "preact/hooks";
import type { LocalMessage } from "../../../client/mod.ts";
import { IconButton } from "../components/icon_button.tsx";
import { lazily } from "../components/lazily.tsx";
import { useDismiss } from "../components/use_dismiss.ts";
import { t } from "../texts/texts.ts";
import type { MessageActions } from "./message_actions.ts";

const MenuItems = lazily(async () => (await import("./menu_items.tsx")).MenuItems);
const DeleteDialog = lazily(async () =>
  (await import("../dialogs/delete_dialog.tsx")).DeleteDialog
);

/** Pixels below the button that the menu needs; with less room it opens upwards. */
const MENU_PX = 300;

export interface MessageMenuProps {
  message: LocalMessage;
  isMine: boolean;
  mayDelete: boolean;
  actions: MessageActions;
}

export function MessageMenu(props: MessageMenuProps) {
  const [open, setOpen] = useState<"up" | "down" | null>(null);
  const [isDeleting, setDeleting] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useDismiss(place, open !== null, () => setOpen(null));
  const toggle = () => {
    const { bottom } = place.current!.getBoundingClientRect();
    const end = place.current!.closest(".scroller")!.getBoundingClientRect().bottom;
    setOpen(open ? null : end - bottom < MENU_PX ? "up" : "down");
  };
  return (
    <div class="message-menu" ref={place}>
      <IconButton
        icon="more"
        label={t().actions}
        class="more"
        aria-expanded={open !== null}
        onClick={toggle}
      />
      {open && (
        <MenuItems
          {...props}
          direction={open}
          onDone={() => setOpen(null)}
          onDelete={() => setDeleting(true)}
        />
      )}
      {isDeleting && (
        <DeleteDialog
          onClose={() => setDeleting(false)}
          onDelete={() => props.actions.remove(props.message)}
        />
      )}
    </div>
  );
}
