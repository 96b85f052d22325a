import { useLayoutEffect, useRef } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import { moveFocus } from "../inbox/move_focus.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { keepWithin } from "./keep_within.ts";
import type { MessageMenuProps } from "./message_menu.tsx";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🎉"];

const FORWARD = "M15 7l5 5-5 5M20 12H10a6 6 0 0 0-6 6v1";
const LINK =
  "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1";
const INFO = "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM12 11v5M12 8h.01";
const FLAG = "M6 21V4M6 4.500h11l-2 4 2 4H6";
const PLUS = "M12 6v12M6 12h12";

interface MenuItemsProps extends MessageMenuProps {
  /** Classes that place it. */
  direction: string;
  onDone(): void;
}

export function MenuItems(props: MenuItemsProps) {
  const { message, isMine, mayDelete, act, direction, onDone } = props;
  const list = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => keepWithin(list.current!, list.current!.closest(".scroller")!), []);
  const run = (action: () => void) => {
    // A dialog gives the focus back to where it was before.
    list.current!.closest(".message-menu")!.querySelector<HTMLElement>(".more")!.focus();
    onDone();
    action();
  };
  const item = (
    icon: { name?: IconName; path?: string; flips?: boolean },
    label: string,
    action: () => void,
  ) => (
    <button type="button" class="menu-item" onClick={() => run(action)}>
      <Icon {...icon} />
      {label}
    </button>
  );
  const isText = message.text !== "";
  const isSystem = message.kind === "system";
  const isFrozen = useApp().chat(message.chatId).frozen !== undefined;
  return (
    <div
      ref={list}
      class={`menu ${direction}`}
      role="group"
      aria-label={t().actionsMenu}
      onKeyDown={(event) => moveFocus(list.current!, event)}
    >
      {!isFrozen && <QuickReactions {...props} run={run} />}
      {!isFrozen && item({ name: "reply", flips: true }, t().reply, () => act("reply", message))}
      {item({ path: FORWARD, flips: true }, writing.t().forward, () =>
        act("open", "forward", message))}
      {isText && item({ name: "copy" }, t().copyText, () =>
        act("copy", message))}
      {item({ path: LINK }, writing.t().copyLink, () =>
        act("copyLink", message))}
      {!isFrozen && item({ name: "pin" }, message.pinnedAt ? t().unpin : t().pin, () =>
        act("pin", message))}
      {item({ path: INFO }, writing.t().info, () => act("open", "info", message))}
      {isMine && !isSystem && !isFrozen && item({ name: "edit" }, t().edit, () =>
        act("edit", message))}
      {!isMine && !isSystem &&
        item({ path: FLAG }, writing.t().report, () => act("open", "report", message))}
      {mayDelete && item({ name: "trash" }, t().delete, () => act("remove", message))}
    </div>
  );
}

interface QuickReactionsProps extends MenuItemsProps {
  run(action: () => void): void;
}

function QuickReactions({ message, act, run }: QuickReactionsProps) {
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
            onClick={() => run(() => act("react", message, emoji, isMine))}
          >
            {emoji}
          </button>
        );
      })}
      <button
        type="button"
        class="emoji-button"
        aria-label={writing.t().moreReactions}
        title={writing.t().moreReactions}
        onClick={() => run(() => act("open", "react", message))}
      >
        <Icon path={PLUS} />
      </button>
    </div>
  );
}
