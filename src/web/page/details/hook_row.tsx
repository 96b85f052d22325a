import { useApp } from "../app/context.ts";
import { dateOf } from "../texts/format.ts";
import { i } from "../texts/integrations/integrations.ts";
import type { Hook } from "./hook_list.tsx";

export function HookRow({ hook, onEnd }: { hook: Hook; onEnd(): void }) {
  const { people } = useApp();
  const { name, createdBy, createdAt } = hook;
  return (
    <li class="list-row">
      <div>
        <p class="ellipsis">
          <bdi>{name}</bdi>
        </p>
        <p class="muted small">
          {i().created(dateOf(createdAt))}
          {createdBy !== null && ` ${i().by(people.nameOf(createdBy))}`}
        </p>
      </div>
      <button
        type="button"
        class="button danger"
        aria-label={i().endIncomingOf(name)}
        onClick={onEnd}
      >
        {i().endIncoming}
      </button>
    </li>
  );
}
