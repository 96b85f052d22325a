import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { BotMark } from "../components/bot_mark.tsx";
import { lazily } from "../components/lazily.tsx";
import { systemText } from "../state/system_text.ts";
import { t } from "../texts/texts.ts";
import type { Act } from "./message_act.ts";
import { MessageContent } from "./message_content.tsx";
import { MessageFooter } from "./message_footer.tsx";
import { MessageMenu } from "./message_menu.tsx";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import type { Row } from "./rows.ts";

const NotSent = lazily(async () => (await import("./not_sent.tsx")).NotSent);

interface MessageRowProps extends Omit<Row, "key"> {
  isGroup: boolean;
  mayAct: boolean;
  mayDelete: boolean;
  act: Act;
}

/** Its properties are compared, so a row is drawn again only when something of it has changed. */
export function MessageRow(props: MessageRowProps) {
  const { message, day, isFirstUnread } = props;
  return (
    <>
      {day && (
        <li class="day">
          <span>{day}</span>
        </li>
      )}
      {isFirstUnread && (
        <li class="unread-line">
          <span>{t().newMessages}</span>
        </li>
      )}
      {message.kind === "system" ? <SystemLine message={message} /> : <MessageItem {...props} />}
    </>
  );
}

/** True if the server refused the message, or a change of it. */
function isRefused({ status, changes }: LocalMessage): boolean {
  return status === "failed" || (changes?.some(({ failure }) => failure !== undefined) ?? false);
}

/** Something that happened in the chat, as the server wrote it. */
function SystemLine({ message }: { message: LocalMessage }) {
  const { id, seq, text } = message;
  const app = useApp();
  return (
    <li class="history-line muted small" data-key={id} data-id={id} data-seq={seq}>
      <bdi>{systemText.value?.(message, app) ?? text}</bdi>
    </li>
  );
}

function MessageItem(props: MessageRowProps) {
  const { message, isMine, isTogether, isGroup, mayAct, act } = props;
  const { people } = useApp();
  const isNamed = isGroup && !isMine && !isTogether;
  const isSettled = mayAct && message.deletedAt === null;
  const sides = `${isMine ? "mine" : "theirs"}${isTogether ? " together" : ""}`;
  return (
    <li
      class={`message ${sides}`}
      data-key={isMine ? message.clientId : message.id}
      data-id={message.id}
      data-seq={message.seq}
    >
      {isGroup && !isMine && (
        <span class="message-face">
          {isNamed && (
            <Avatar
              id={message.senderId}
              name={people.nameOf(message.senderId)}
              mediaId={people.person(message.senderId).avatarMediaId}
              size="s"
            />
          )}
        </span>
      )}
      <div class="message-body">
        <div class="line">
          <article class="bubble" tabIndex={-1}>
            {isNamed && (
              <h2 class="sender">
                <bdi>{people.nameOf(message.senderId)}</bdi> <BotMark userId={message.senderId} />
              </h2>
            )}
            {message.replyTo && message.deletedAt === null && (
              <Quote id={message.replyTo} original={props.original} act={act} />
            )}
            <MessageContent message={message} />
            <MessageFooter message={message} progress={props.progress} />
          </article>
          {isSettled && (
            <MessageMenu
              message={message}
              isMine={isMine}
              act={act}
              mayDelete={props.mayDelete}
            />
          )}
        </div>
        <Reactions message={message} mayReact={isSettled} act={act} />
        {isRefused(message) && <NotSent message={message} act={act} />}
      </div>
    </li>
  );
}
