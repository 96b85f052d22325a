import type { LocalMessage, PendingChange } from "../../../client/mod.ts";
import { t } from "../texts/texts.ts";
import type { MessageActions } from "./message_actions.ts";

interface NotSentProps {
  message: LocalMessage;
  actions: MessageActions;
}

/**
 * Everything that the server refused, with the reason and what can be done: the message itself, or
 * changes of it, which it does not show.
 */
export function NotSent({ message, actions }: NotSentProps) {
  const refused = message.changes?.filter(({ failure }) => failure !== undefined) ?? [];
  return (
    <>
      {message.status === "failed" && <Refused {...message} actions={actions} />}
      {refused.map((change) => (
        <Refused key={change.clientId} {...change} what={textOf(change)} actions={actions} />
      ))}
    </>
  );
}

interface RefusedProps {
  clientId: string;
  failure?: string;
  /** The change that was refused; the message itself without it. */
  what?: string;
  actions: MessageActions;
}

function Refused({ clientId, failure, what, actions }: RefusedProps) {
  return (
    <div class="not-sent">
      <p>
        <strong>{t().notSent}</strong>
        {what && <bdi>{`: ${what}`}</bdi>}
        {failure && `: ${failure}`}
      </p>
      <button type="button" class="link-button" onClick={() => actions.resend(clientId)}>
        {t().sendAgain}
      </button>
      <button type="button" class="link-button" onClick={() => actions.discard(clientId)}>
        {t().discard}
      </button>
    </div>
  );
}

function textOf(change: PendingChange): string {
  switch (change.kind) {
    case "edit":
      return `${t().edit} “${change.text}”`;
    case "delete":
      return t().delete;
    case "pin":
      return change.remove ? t().unpin : t().pin;
    case "reaction":
      return change.emoji;
  }
}
