import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Dialog } from "../components/dialog.tsx";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import type { ChatState } from "../state/chat.ts";
import { momentOf } from "../texts/format.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";

const MAX_REACTORS = 100;

interface MessageInfoProps {
  message: LocalMessage;
  chat: ChatState;
  onClose(): void;
}

/** When a message was sent, who has got it and read it, and who reacted with what. */
export function MessageInfo({ message, chat, onClose }: MessageInfoProps) {
  const current = chat.messageById(message.id) ?? message;
  const { createdAt, editedAt } = current;
  return (
    <Dialog title={writing.t().infoTitle} onClose={onClose}>
      <p class="muted small">
        {writing.t().sentAt(momentOf(createdAt))}
        {editedAt && (
          <>
            <br />
            {writing.t().editedAt(momentOf(editedAt))}
          </>
        )}
      </p>
      <Receipts message={current} chat={chat} />
      {current.reactions.length > 0 && (
        <Section title={writing.t().reactions}>
          {current.reactions.map(({ emoji, count, userIds }) => (
            <Reactors
              key={`${emoji} ${count}`}
              messageId={current.id}
              emoji={emoji}
              count={count}
              first={userIds}
            />
          ))}
        </Section>
      )}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}

function Receipts({ message, chat }: { message: LocalMessage; chat: ChatState }) {
  const others = chat.members.value.filter(({ userId, leftAt }) =>
    leftAt === null && userId !== message.senderId
  );
  const counted = chat.receiptCount;
  if (counted) {
    // A very large group tells how many have read its newest message, and no names.
    if (counted.seq !== message.seq) return null;
    return (
      <ul class="muted">
        <li>{writing.t().readCount(counted.read)}</li>
        <li>{writing.t().deliveredCount(counted.delivered)}</li>
      </ul>
    );
  }
  const { seq } = message;
  const read = others.filter(({ readSeq }) => readSeq >= seq);
  const delivered = others.filter(({ readSeq, deliveredSeq }) =>
    readSeq < seq && deliveredSeq >= seq
  );
  const pending = others.filter(({ readSeq, deliveredSeq }) =>
    Math.max(readSeq, deliveredSeq) < seq
  );
  return (
    <>
      <People title={writing.t().readBy} userIds={read.map(({ userId }) => userId)} />
      <People title={writing.t().deliveredTo} userIds={delivered.map(({ userId }) => userId)} />
      <People title={writing.t().notDelivered} userIds={pending.map(({ userId }) => userId)} />
    </>
  );
}

function People({ title, userIds }: { title: string; userIds: string[] }) {
  if (userIds.length === 0) return null;
  return (
    <Section title={`${title} (${userIds.length})`}>
      <ul class="info-people">
        {userIds.map((userId) => <PersonLine key={userId} userId={userId} />)}
      </ul>
    </Section>
  );
}

function PersonLine({ userId, emoji }: { userId: string; emoji?: string }) {
  const { people, client } = useApp();
  const { avatarMediaId } = people.person(userId);
  const name = people.nameOf(userId);
  return (
    <li>
      <Avatar id={userId} name={name} mediaId={avatarMediaId} size="s" />
      <bdi class="ellipsis">{userId === client.userId ? t().you : name}</bdi>
      {emoji && <span class="info-emoji">{emoji}</span>}
    </li>
  );
}

interface ReactorsProps {
  messageId: string;
  emoji: string;
  count: number;
  first: readonly string[];
}

/** A message names the first of them; the others are fetched. */
function Reactors({ messageId, emoji, count, first }: ReactorsProps) {
  const { client } = useApp();
  const [all] = useLoaded(async () => {
    if (first.length >= count) return first;
    const input = { messageId, emoji, limit: MAX_REACTORS };
    return (await client.call("message.reactions", input)).items.map(({ userId }) => userId);
  });
  const userIds = all ?? first;
  return (
    <ul class="info-people">
      {userIds.map((userId) => <PersonLine key={userId} userId={userId} emoji={emoji} />)}
      {count > userIds.length && <li class="muted">{t().andMore(count - userIds.length)}</li>}
    </ul>
  );
}
