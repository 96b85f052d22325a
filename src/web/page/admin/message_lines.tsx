import type { MessageView } from "../../../api/views/message.ts";
import { useApp } from "../app/context.ts";
import { Icon } from "../components/icon.tsx";
import { RichText } from "../rich_text/rich_text.tsx";
import { admin } from "../texts/admin/admin.ts";
import { bytesOf } from "../texts/amounts.ts";
import { momentOf, shortMomentOf } from "../texts/format.ts";
import { t } from "../texts/texts.ts";

/** A message as an administrator reads it: sender, time, text and names of files. */
export function MessageLines({ message, isMarked }: { message: MessageView; isMarked?: boolean }) {
  const { people } = useApp();
  const { senderId, createdAt, editedAt, replyTo, media } = message;
  return (
    <div class="evidence-message" aria-current={isMarked ? "true" : undefined}>
      <p class="small">
        <bdi class="evidence-name">{people.nameOf(senderId)}</bdi>{" "}
        <time class="muted" dateTime={createdAt} title={momentOf(createdAt)}>
          {shortMomentOf(createdAt)}
        </time>
        {editedAt && <span class="muted">· {admin.t().edited}</span>}
        {replyTo && <span class="muted">· {admin.t().isReply}</span>}
      </p>
      <Content message={message} />
      {media.map(({ id, name, size }) => (
        <p key={id} class="evidence-file small">
          <Icon name="clip" />
          <bdi class="ellipsis">{name}</bdi>
          <span class="muted">{bytesOf(size)}</span>
        </p>
      ))}
    </div>
  );
}

function Content({ message: { kind, text, deletedAt, metadata } }: { message: MessageView }) {
  if (deletedAt !== null) return <p class="muted">{t().deleted}</p>;
  if (kind === "encrypted") return <p class="muted">{admin.t().encrypted}</p>;
  if (kind === "system" && text === "") return <code class="small">{metadata?.type}</code>;
  return text === "" ? null : <RichText text={text} />;
}
