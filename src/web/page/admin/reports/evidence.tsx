import type { MessageView } from "../../../../api/views/message.ts";
import { admin } from "../../texts/admin/admin.ts";
import { moderation } from "../../texts/moderation/moderation.ts";
import { adminHref } from "../admin_href.ts";
import { MessageLines } from "../message_lines.tsx";

const MessageTools = moderation.lazily(async () =>
  (await import("../messages/message_tools.tsx")).MessageTools
);

/** The reported message. The server keeps it as it was, whatever became of it since. */
export function Evidence({ evidence }: { evidence: unknown }) {
  const message = evidence as MessageView | null;
  if (message === null) return <p class="muted small">{admin.t().noMessage}</p>;
  const { id, chatId } = message;
  return (
    <>
      <figure class="evidence">
        <figcaption class="muted small">{admin.t().evidence}</figcaption>
        <MessageLines message={message} />
        <p class="small ellipsis">
          <a href={adminHref("chats", chatId)}>{admin.t().inChat(chatId)}</a>
        </p>
      </figure>
      <MessageTools messageId={id} />
    </>
  );
}
