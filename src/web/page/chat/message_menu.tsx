import { useRef, useState } from "preact/hooks";
import type { LocalMessage } from "../../../client/mod.ts";
import { IconButton } from "../components/icon_button.tsx";
import { useDismiss } from "../components/use_dismiss.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import type { Act } from "./message_act.ts";

const MenuItems = writing.lazily(async () => (await import("./menu_items.tsx")).MenuItems);

/** Pixels that the menu needs; with less room it opens to the other side. */
const MENU_HEIGHT = 400;
const MENU_WIDTH = 280;

export interface MessageMenuProps {
  message: LocalMessage;
  isMine: boolean;
  mayDelete: boolean;
  act: Act;
}

export function MessageMenu(props: MessageMenuProps) {
  const [open, setOpen] = useState<string | null>(null);
  const place = useRef<HTMLDivElement>(null);
  useDismiss(place, open !== null, () => setOpen(null));
  const toggle = () => setOpen(open === null ? directionOf(place.current!) : null);
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

/** Classes of the menu that open it to the side with more room. */
function directionOf(place: HTMLElement): string {
  const button = place.getBoundingClientRect();
  const list = place.closest(".scroller")!.getBoundingClientRect();
  const isRtl = getComputedStyle(place).direction === "rtl";
  const roomToEnd = isRtl ? button.right - list.left : list.right - button.left;
  const vertical = list.bottom - button.bottom < MENU_HEIGHT ? "up" : "down";
  return `${vertical} ${roomToEnd < MENU_WIDTH ? "to-start" : "to-end"}`;
}
