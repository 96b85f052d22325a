import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { dateOf } from "../../texts/format.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { PersonLine } from "../person_line.tsx";
import { SecretDialog } from "../secret_dialog.tsx";
import type { Bot } from "./bots_tab.tsx";

interface BotCardProps {
  bot: Bot;
  onEnded(): void;
}

/** One bot with its commands. */
export function BotCard({ bot, onEnded }: BotCardProps) {
  const { client } = useApp();
  const [dialog, setDialog] = useState<"rotate" | "end" | null>(null);
  const { id, name, commands, createdAt } = bot;
  const rotate = async () => (await client.call("bot.rotate", { bot: id })).token;
  const end = async () => {
    await client.call("bot.end", { bot: id });
    showToast(i().botEnded(name));
    onEnded();
  };
  return (
    <article class="admin-card" aria-label={name}>
      <header>
        <PersonLine userId={id} size="m" />
        <span class="muted small">{i().created(dateOf(createdAt))}</span>
      </header>
      <Commands commands={commands} />
      <div class="row-buttons">
        <button type="button" class="button secondary" onClick={() => setDialog("rotate")}>
          {i().rotate}
        </button>
        <button type="button" class="button danger" onClick={() => setDialog("end")}>
          {i().endBot}
        </button>
      </div>
      {dialog === "rotate" && (
        <SecretDialog
          title={i().rotateBotTitle(name)}
          label={i().rotate}
          onSubmit={rotate}
          onClose={() => setDialog(null)}
        >
          <p class="muted">{i().rotateBotText}</p>
        </SecretDialog>
      )}
      {dialog === "end" && (
        <ConfirmDialog
          title={i().endBotTitle(name)}
          label={i().endBot}
          isGrave
          onConfirm={end}
          onClose={() => setDialog(null)}
        >
          <p class="muted">{i().endBotText}</p>
        </ConfirmDialog>
      )}
    </article>
  );
}

function Commands({ commands }: Pick<Bot, "commands">) {
  if (commands.length === 0) return <p class="muted small">{i().noCommands}</p>;
  return (
    <ul>
      {commands.map(({ name, usage, description }) => (
        <li key={name} class="small">
          <code dir="ltr">/{name} {usage}</code> <span dir="auto" class="muted">{description}</span>
        </li>
      ))}
    </ul>
  );
}
