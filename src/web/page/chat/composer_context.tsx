import { useApp } from "../app/context.ts";
import { IconButton } from "../components/icon_button.tsx";
import { summaryOf } from "../inbox/last_line.tsx";
import { t } from "../texts/texts.ts";
import type { WritingMode } from "./writing_mode.ts";

/** Above the box: the message that is replied to, or changed. */
export function ComposerContext(
  { mode, onStop }: { mode: NonNullable<WritingMode>; onStop(): void },
) {
  const { people } = useApp();
  const { kind, message } = mode;
  const title = kind === "edit" ? t().editing : t().replyingTo(people.nameOf(message.senderId));
  return (
    <div class="composer-context">
      <div>
        <strong class="small">{title}</strong>
        <p class="muted small ellipsis">{summaryOf(message, people)}</p>
      </div>
      <IconButton
        icon="close"
        label={kind === "edit" ? t().stopEditing : t().stopReplying}
        onClick={onStop}
      />
    </div>
  );
}
