import { useRef } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { moveFocus } from "../inbox/move_focus.ts";
import { t } from "../texts/texts.ts";
import type { MessageMenuProps } from "./message_menu.tsx";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

interface MenuItemsProps extends MessageMenuProps {
  direction: "up" | "down";
  onDone(): void;
  onDelete(): void;
}

export function MenuItems(
  { message, isMine, mayDelete, actions, direction, ...host }: MenuItemsProps,
) {
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
      {item("pin", message.pinnedAt ? t().unpin : t().pin, () => actions.pin(message))}
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
