import type { LocalMessage, PendingChange } from "../../../client/mod.ts";
import { t } from "../texts/texts.ts";
import type { Act } from "./message_act.ts";

interface NotSentProps {
  message: LocalMessage;
  act: Act;
}

/**
 * Everything that the server refused, with the reason and what can be done: the message itself, or
 * changes of it, which it does not show.
 */
export function NotSent({ message, act }: NotSentProps) {
  const refused = message.changes?.filter(({ failure }) => failure !== undefined) ?? [];
  return (
    <>
      {message.status === "failed" && <Refused {...message} act={act} />}
      {refused.map((change) => (
        <Refused key={change.clientId} {...change} what={textOf(change)} act={act} />
      ))}
    </>
  );
}

interface RefusedProps {
  clientId: string;
  failure?: string;
  /** The change that was refused; the message itself without it. */
  what?: string;
  act: Act;
}

function Refused({ clientId, failure, what, act }: RefusedProps) {
  return (
    <div class="not-sent">
      <p>
        <strong>{t().notSent}</strong>
        {what && <bdi>{`: ${what}`}</bdi>}
        {failure && `: ${failure}`}
      </p>
      <button type="button" class="link-button" onClick={() => act("resend", clientId)}>
        {t().sendAgain}
      </button>
      <button type="button" class="link-button" onClick={() => act("discard", clientId)}>
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
