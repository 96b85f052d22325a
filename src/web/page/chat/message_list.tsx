import { type ComponentChildren, Fragment } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { EmptyState } from "../components/empty_state.tsx";
import { lazily } from "../components/lazily.tsx";
import type { ChatState } from "../state/chat.ts";
import { wantedMessage } from "../state/route.ts";
import { t } from "../texts/texts.ts";
import type { WritingMode } from "./writing_mode.ts";
import { HistoryLines, useHistoryLines } from "./history_line.tsx";
import { messageAct, type OpenDialog } from "./message_act.ts";
import { MessageRow } from "./message_row.tsx";
import { around, boundsOf, earlier, later, type MessageWindow, tailOf } from "./message_window.ts";
import { rowsOf } from "./rows.ts";
import { ScrollKeeper } from "./scroll_keeper.ts";

const JumpDown = lazily(async () => (await import("./jump_down.tsx")).JumpDown);

/** After every time. */
const LAST = "~";

interface MessageListProps {
  chat: ChatState;
  onMode(mode: WritingMode): void;
  onDialog(dialog: OpenDialog): void;
}

export function MessageList({ chat, onMode, onDialog }: MessageListProps) {
  const app = useApp();
  const messages = chat.messages.value;
  const isOpened = chat.isOpened.value;
  const [place, setPlace] = useState<MessageWindow | null>(null);
  const [firstUnread, setFirstUnread] = useState<string | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const keeper = useMemo(() => new ScrollKeeper(), []);
  const window = place ?? tailOf(messages);
  const bounds = boundsOf(messages, window);
  const rows = rowsOf(chat, messages, { ...bounds, firstUnread });
  const lines = useHistoryLines(chat, isOpened);
  // Before the first loaded message there may be others, with lines among them.
  const isFromBeginning = !chat.hasOlder && bounds.start === 0;
  const timeBefore = (at: number) => {
    const previous = messages[bounds.start + at - 1];
    return previous?.createdAt ?? (isFromBeginning ? "" : messages[bounds.start].createdAt);
  };
  const act = useMemo(
    () =>
      messageAct(app, chat, {
        onMode,
        onDialog,
        show: (id) => {
          setPlace(around(chat.messages.peek(), id));
          keeper.lookFor(id);
        },
      }),
    [chat],
  );

  const visit = useRef({ messages, window, bounds });
  visit.current = { messages, window, bounds };

  /**
   * Reaches for more in the direction in which there is little left, and says what has been read.
   */
  const look = () => {
    const { messages, window, bounds } = visit.current;
    if (keeper.isNearTop && bounds.start > 0) setPlace(earlier(messages, window));
    else if (keeper.isNearTop) void chat.loadOlder();
    if (keeper.isNearBottom && bounds.end < messages.length) setPlace(later(messages, window));
    const isVisible = document.visibilityState === "visible";
    const seq = isVisible && chat.isOpened.peek() ? keeper.lastVisibleSeq() : 0;
    if (seq > chat.readSeq) app.client.markRead(chat.id, seq);
  };

  useLayoutEffect(() => {
    const stop = keeper.attach(scroller.current!, look);
    document.addEventListener("visibilitychange", look);
    return () => {
      stop();
      document.removeEventListener("visibilitychange", look);
    };
  }, []);

  // Once the history is here, the place to begin at is known.
  useLayoutEffect(() => {
    if (!isOpened) return;
    const unread = (app.client.inbox.row(chat.id)?.unread ?? 0) === 0
      ? undefined
      : messages.find((message) =>
        message.seq > chat.readSeq && message.senderId !== chat.myId && message.deletedAt === null
      );
    setFirstUnread(unread?.id ?? null);
    if (!unread) return;
    setPlace(around(messages, unread.id));
    keeper.beginAt(unread.id);
  }, [isOpened]);

  const wanted = wantedMessage.value;
  useLayoutEffect(() => {
    if (!isOpened || wanted?.chatId !== chat.id) return;
    wantedMessage.value = null;
    act("show", wanted.messageId);
  }, [isOpened, wanted]);

  useLayoutEffect(() => {
    keeper.restore(bounds.end === messages.length);
    look();
  });

  const toNewest = () => {
    setPlace(null);
    keeper.stickToBottom();
  };
  return (
    <div class="message-area">
      <div
        ref={scroller}
        class="scroller"
        role="region"
        aria-label={t().messages}
        tabIndex={0}
      >
        {isOpened && messages.length === 0 && (
          <EmptyState icon="smile" title={t().emptyChat} text={t().emptyChatText} />
        )}
        <ol class="messages">
          {isOpened && isFromBeginning && messages.length > 0 && (
            <li class="beginning muted small">{t().beginning}</li>
          )}
          {rows.map(({ key, ...row }, at) => (
            <Fragment key={key}>
              {lines.length > 0 && (
                <HistoryLines lines={lines} from={timeBefore(at)} to={row.message.createdAt} />
              )}
              <MessageRow
                {...row}
                isGroup={chat.isGroup}
                mayAct={!chat.hasLeft.value && row.message.status === "sent"}
                mayDelete={row.isMine || (chat.isGroup && chat.myRole !== "member")}
                act={act}
              />
            </Fragment>
          ))}
          {bounds.end === messages.length && (
            <HistoryLines lines={lines} from={messages.at(-1)?.createdAt ?? ""} to={LAST} />
          )}
        </ol>
      </div>
      <UnlessAtEnd keeper={keeper}>
        <JumpDown chat={chat} onJump={toNewest} />
      </UnlessAtEnd>
    </div>
  );
}

/** Draws only this again when the end comes into view. */
function UnlessAtEnd({ keeper, children }: { keeper: ScrollKeeper; children: ComponentChildren }) {
  return keeper.isAtEnd.value ? null : <>{children}</>;
}
