import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { Field } from "../../components/field.tsx";
import { MoreButton } from "../../components/more_button.tsx";
import { usePages } from "../../components/use_pages.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { t } from "../../texts/texts.ts";
import { SecretDialog } from "../secret_dialog.tsx";
import { BotCard } from "./bot_card.tsx";

export type Bot = Output<"bot.list">["items"][number];

const PAGE = 50;

/** Bots, newest first. */
export function BotsTab() {
  const { client } = useApp();
  const [isAdding, setAdding] = useState(false);
  const pages = usePages("", (cursor) => client.call("bot.list", { cursor, limit: PAGE }));
  const add = async ({ name, username }: Record<string, string>) => {
    const { token, ...bot } = await client.call("bot.create", { name, username });
    pages.change((items) => [bot, ...items]);
    return token;
  };
  return (
    <>
      <p class="muted">{i().botsText}</p>
      <button type="button" class="button primary" onClick={() => setAdding(true)}>
        {i().newBot}
      </button>
      {pages.items?.length === 0 && (
        <EmptyState icon="chat" title={i().noBots} text={i().noBotsText} />
      )}
      {pages.items?.map((bot) => (
        <BotCard
          key={bot.id}
          bot={bot}
          onEnded={() => pages.change((items) => items.filter(({ id }) => id !== bot.id))}
        />
      ))}
      <MoreButton pages={pages} />
      {isAdding && (
        <SecretDialog
          title={i().newBot}
          label={i().newBot}
          onSubmit={add}
          onClose={() => setAdding(false)}
        >
          <Field name="name" label={i().name} maxLength={100} autoComplete="off" dir="auto" />
          <Field
            name="username"
            label={t().username}
            hint={t().usernameHint}
            minLength={3}
            maxLength={32}
            autoComplete="off"
          />
        </SecretDialog>
      )}
    </>
  );
}
