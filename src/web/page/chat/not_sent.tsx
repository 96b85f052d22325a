import type { LocalMessage } from "../../../client/mod.ts";
import { t } from "../texts/texts.ts";
import type { MessageActions } from "./message_actions.ts";

/** A message that the server refused stays, with the reason and what can be done. */
export function NotSent({ message, actions }: { message: LocalMessage; actions: MessageActions }) {
  return (
    <div class="not-sent">
      <p>
        <strong>{t().notSent}</strong>
        {message.failure && `: ${message.failure}`}
      </p>
      <button type="button" class="link-button" onClick={() => actions.resend(message)}>
        {t().sendAgain}
      </button>
      <button type="button" class="link-button" onClick={() => actions.discard(message)}>
        {t().discard}
      </button>
    </div>
  );
}
