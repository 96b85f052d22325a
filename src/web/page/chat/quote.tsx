import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { summaryOf } from "../inbox/last_line.tsx";
import { t } from "../texts/texts.ts";
import type { MessageActions } from "./message_actions.ts";

interface QuoteProps {
  id: string;
  /** If it is here. */
  original: LocalMessage | undefined;
  actions: MessageActions;
}

/** The message that is replied to; a press scrolls to it. */
export function Quote({ id, original, actions }: QuoteProps) {
  const { people } = useApp();
  return (
    <blockquote class="quote">
      <button type="button" onClick={() => void actions.show(id)}>
        {original && <strong class="ellipsis">{people.nameOf(original.senderId)}</strong>}
        <span class="quote-text" dir="auto">
          {original ? summaryOf(original, people).slice(0, 200) : t().earlierMessage}
        </span>
      </button>
    </blockquote>
  );
}
