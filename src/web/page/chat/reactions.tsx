import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { t } from "../texts/texts.ts";
import type { Act } from "./message_act.ts";

/** People who are named by a reaction; the others are in its count. */
const MAX_NAMED = 10;

interface ReactionsProps {
  message: LocalMessage;
  mayReact: boolean;
  act: Act;
}

export function Reactions({ message, mayReact, act }: ReactionsProps) {
  const { people, client } = useApp();
  if (message.reactions.length === 0 || message.deletedAt !== null) return null;
  return (
    <div class="reactions">
      {message.reactions.map(({ emoji, count, userIds, mine }) => {
        const isMine = mine ?? userIds.includes(client.userId);
        const names = userIds.slice(0, MAX_NAMED).map((userId) => people.nameOf(userId)).join(", ");
        return (
          <button
            key={emoji}
            type="button"
            class="reaction"
            title={names}
            aria-pressed={isMine}
            aria-label={t().reactionFrom(emoji, count, names)}
            disabled={!mayReact}
            onClick={() => act("react", message, emoji, isMine)}
          >
            {emoji} {count}
          </button>
        );
      })}
    </div>
  );
}
