import type { LocalMessage } from "../../../client/mod.ts";
import { Icon, type IconName } from "../components/icon.tsx";
import type { Progress } from "../state/chat.ts";
import { momentOf, timeOf } from "../texts/format.ts";
import { t } from "../texts/texts.ts";

const TICKS: Record<
  Progress,
  { icon: IconName; text: "sending" | "sent" | "delivered" | "read" | "notSent" }
> = {
  sending: { icon: "clock", text: "sending" },
  failed: { icon: "alert", text: "notSent" },
  sent: { icon: "check", text: "sent" },
  delivered: { icon: "checks", text: "delivered" },
  read: { icon: "checks", text: "read" },
};

export function MessageFooter(
  { message, progress }: { message: LocalMessage; progress: Progress | null },
) {
  const { createdAt, editedAt, deletedAt, pinnedAt, changes } = message;
  const isWaiting = changes?.some(({ failure }) => failure === undefined);
  return (
    <footer class="meta">
      {pinnedAt && deletedAt === null && (
        <span role="img" aria-label={t().pinned} title={t().pinned}>
          <Icon name="pin" />
        </span>
      )}
      {editedAt && deletedAt === null && <span title={momentOf(editedAt)}>{t().edited}</span>}
      <time dateTime={createdAt} title={momentOf(createdAt)}>{timeOf(createdAt)}</time>
      {isWaiting ? <Tick progress="sending" /> : progress && <Tick progress={progress} />}
    </footer>
  );
}

function Tick({ progress }: { progress: Progress }) {
  const { icon, text } = TICKS[progress];
  const label = t()[text];
  return (
    <span class={`tick ${progress}`} role="img" aria-label={label} title={label}>
      <Icon name={icon} />
    </span>
  );
}
