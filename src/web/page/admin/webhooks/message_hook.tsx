import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { Field } from "../../components/field.tsx";
import { useLoaded } from "../../components/use_loaded.ts";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { i } from "../../texts/integrations/integrations.ts";
import { t } from "../../texts/texts.ts";
import { AdminSection } from "../admin_section.tsx";
import { SecretDialog } from "../secret_dialog.tsx";

type Hook = NonNullable<Output<"admin.messageHook">["hook"]>;

/** The server that is asked before a message is stored. */
export function MessageHook() {
  const { client } = useApp();
  const load = () => client.call("admin.messageHook", {});
  const [loaded, setLoaded] = useLoaded(load);
  const [dialog, setDialog] = useState<"set" | "remove" | null>(null);
  const set = async ({ url, onFailure }: Record<string, string>) => {
    const input = { url, onFailure: onFailure as Hook["onFailure"] };
    const { secret } = await client.call("admin.setMessageHook", input);
    setLoaded(await load());
    return secret;
  };
  const remove = async () => {
    await client.call("admin.deleteMessageHook", {});
    setLoaded(await load());
  };
  const hook = loaded?.hook ?? null;
  return (
    <AdminSection title={i().hook}>
      <p class="muted">{i().hookText}</p>
      {loaded === null ? <p class="muted small">{t().loading}</p> : (
        <HookCard
          hook={hook}
          onSet={() => setDialog("set")}
          onRemove={() => setDialog("remove")}
        />
      )}
      {dialog === "set" && (
        <SecretDialog
          title={i().setHook}
          label={t().save}
          onSubmit={set}
          onClose={() => setDialog(null)}
        >
          <HookFields hook={hook} />
        </SecretDialog>
      )}
      {dialog === "remove" && (
        <ConfirmDialog
          title={i().removeHookTitle}
          label={i().removeHook}
          isGrave
          onConfirm={remove}
          onClose={() => setDialog(null)}
        >
          {null}
        </ConfirmDialog>
      )}
    </AdminSection>
  );
}

interface HookCardProps {
  hook: Hook | null;
  onSet(): void;
  onRemove(): void;
}

function HookCard({ hook, onSet, onRemove }: HookCardProps) {
  return (
    <article class="admin-card" aria-label={i().hook}>
      {hook === null ? <p>{i().noHook}</p> : (
        <>
          <h3 dir="ltr">{hook.url}</h3>
          <p class="muted small">{i().onFailure}: {i().failures[hook.onFailure]}</p>
        </>
      )}
      {hook?.fixed ? <p class="note">{i().hookFixed}</p> : (
        <div class="row-buttons">
          <button type="button" class="button secondary" onClick={onSet}>
            {hook === null ? i().setHook : i().changeHook}
          </button>
          {hook && (
            <button type="button" class="button danger" onClick={onRemove}>
              {i().removeHook}
            </button>
          )}
        </div>
      )}
    </article>
  );
}

function HookFields({ hook }: { hook: Hook | null }) {
  return (
    <>
      {hook && <p class="muted">{i().changeHookText}</p>}
      <Field
        name="url"
        label={i().address}
        hint={i().addressHint}
        type="url"
        maxLength={2048}
        defaultValue={hook?.url}
        autoComplete="off"
        dir="ltr"
      />
      <label class="field">
        <span>{i().onFailure}</span>
        <select name="onFailure">
          {Object.entries(i().failures).map(([value, text]) => (
            <option key={value} value={value} selected={value === hook?.onFailure}>{text}</option>
          ))}
        </select>
      </label>
    </>
  );
}
