import { useRef, useState } from "preact/hooks";
import type { LocalMessage } from "../../../client/mod.ts";
import { IconButton } from "../components/icon_button.tsx";
import { useDismiss } from "../components/use_dismiss.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import type { Act } from "./message_act.ts";

const MenuItems = writing.lazily(async () => (await import("./menu_items.tsx")).MenuItems);

/** Pixels below the button that the menu needs; with less room it opens upwards. */
const MENU_PX = 400;

export interface MessageMenuProps {
  message: LocalMessage;
  isMine: boolean;
  mayDelete: boolean;
  act: Act;
}

export function MessageMenu(props: MessageMenuProps) {
  const [open, setOpen] = useState<"up" | "down" | null>(null);
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
        />
      )}
    </div>
  );
}
