import { useRef, useState } from "preact/hooks";
import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { IconButton } from "../components/icon_button.tsx";
import { lazily } from "../components/lazily.tsx";
import { useDismiss } from "../components/use_dismiss.ts";
import { moveFocus } from "../inbox/move_focus.ts";
import { t } from "../texts/texts.ts";
import type { MessageActions } from "./message_actions.ts";

const DeleteDialog = lazily(async () =>
  (await import("../dialogs/delete_dialog.tsx")).DeleteDialog
);

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🎉"];
/** Pixels below the button that the menu needs; with less room it opens upwards. */
const MENU_PX = 300;

interface MessageMenuProps {
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

interface MenuItemsProps extends MessageMenuProps {
  direction: "up" | "down";
  onDone(): void;
  onDelete(): void;
}

function MenuItems({ message, isMine, mayDelete, actions, direction, ...host }: MenuItemsProps) {
  const list = useRef<HTMLDivElement>(null);
  const item = (icon: IconName, label: string, run: () => void) => (
    <button
      type="button"
      class="menu-item"
      onClick={() => {
        host.onDone();
        run();
      }}
    >
      <Icon name={icon} flips={icon === "reply"} />
      {label}
    </button>
  );
  return (
    <div
      ref={list}
      class={`menu ${direction}`}
      role="group"
      aria-label={t().actionsMenu}
      onKeyDown={(event) => moveFocus(list.current!, event)}
    >
      <QuickReactions message={message} actions={actions} onDone={host.onDone} />
      {item("reply", t().reply, () => actions.reply(message))}
      {message.text !== "" && item("copy", t().copyText, () => actions.copy(message))}
      {isMine && message.kind !== "system" && item("edit", t().edit, () => actions.edit(message))}
      {mayDelete && item("trash", t().delete, host.onDelete)}
    </div>
  );
}

function QuickReactions(
  { message, actions, onDone }: Pick<MenuItemsProps, "message" | "actions" | "onDone">,
) {
  const { client } = useApp();
  return (
    <div class="quick-reactions">
      {EMOJI.map((emoji) => {
        const given = message.reactions.find((each) => each.emoji === emoji);
        const isMine = given ? given.mine ?? given.userIds.includes(client.userId) : false;
        return (
          <button
            key={emoji}
            type="button"
            class="emoji-button"
            aria-label={t().reactWith(emoji)}
            aria-pressed={isMine}
            onClick={() => {
              onDone();
              actions.react(message, emoji, isMine);
            }}
          >
            {emoji}
          </button>
        );
      })}
    </div>
  );
}
