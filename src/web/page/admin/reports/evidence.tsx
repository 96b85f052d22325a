import { useApp } from "../../app/context.ts";
import type { MessageView } from "../../../../api/views/message.ts";
import { Icon } from "../../components/icon.tsx";
import { adminHref } from "../admin_href.ts";
import { RichText } from "../../rich_text/rich_text.tsx";
import { admin } from "../../texts/admin/admin.ts";
import { bytesOf } from "../../texts/amounts.ts";
import { momentOf, shortMomentOf } from "../../texts/format.ts";

/** The reported message. The server keeps it as it was, whatever became of it since. */
export function Evidence({ evidence }: { evidence: unknown }) {
  const { people } = useApp();
  const message = evidence as MessageView | null;
  if (message === null) return <p class="muted small">{admin.t().noMessage}</p>;
  const { senderId, createdAt, editedAt, replyTo, kind, text, media, chatId } = message;
  return (
    <figure class="evidence">
      <figcaption class="muted small">{admin.t().evidence}</figcaption>
      <div class="evidence-message">
        <p class="small">
          <bdi class="evidence-name">{people.nameOf(senderId)}</bdi>{" "}
          <time class="muted" dateTime={createdAt} title={momentOf(createdAt)}>
            {shortMomentOf(createdAt)}
          </time>
          {editedAt && <span class="muted">· {admin.t().edited}</span>}
          {replyTo && <span class="muted">· {admin.t().isReply}</span>}
        </p>
        {kind === "encrypted"
          ? <p class="muted">{admin.t().encrypted}</p>
          : text !== "" && <RichText text={text} />}
        {media.map(({ id, name, size }) => (
          <p key={id} class="evidence-file small">
            <Icon name="clip" />
            <bdi class="ellipsis">{name}</bdi>
            <span class="muted">{bytesOf(size)}</span>
          </p>
        ))}
      </div>
      <p class="small ellipsis">
        <a href={adminHref("chats", chatId)}>{admin.t().inChat(chatId)}</a>
      </p>
    </figure>
  );
}
