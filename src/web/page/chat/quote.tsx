import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { summaryOf } from "../inbox/last_line.tsx";
import { t } from "../texts/texts.ts";
import type { Act } from "./message_act.ts";

interface QuoteProps {
  id: string;
  /** If it is here. */
  original: LocalMessage | undefined;
  act: Act;
}

/** The message that is replied to; a press scrolls to it. */
export function Quote({ id, original, act }: QuoteProps) {
  const { people } = useApp();
  return (
    <blockquote class="quote">
      <button type="button" onClick={() => act("show", id)}>
        {original && <strong class="ellipsis">{people.nameOf(original.senderId)}</strong>}
        <span class="quote-text" dir="auto">
          {original ? summaryOf(original, people).slice(0, 200) : t().earlierMessage}
        </span>
      </button>
    </blockquote>
  );
}
