import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { withProof } from "../../settings/proof_state.ts";
import { showToast } from "../../state/toast.ts";
import { dateOf, shortMomentOf } from "../../texts/format.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { GraceField } from "../grace_field.tsx";
import { SecretDialog } from "../secret_dialog.tsx";
import type { Key } from "./keys_tab.tsx";

interface KeyCardProps {
  apiKey: Key;
  onChange(key: Key): void;
}

/** One key: what it may do, and when it was used. */
export function KeyCard({ apiKey, onChange }: KeyCardProps) {
  const { name, scopes, state } = apiKey;
  return (
    <article class="admin-card" aria-label={name}>
      <header>
        <h2 dir="auto">{name}</h2>
        <span class={state === "active" ? "tag good" : "tag"}>{i().keyStates[state]}</span>
      </header>
      <ul class="code-list" aria-label={i().scopes}>
        {scopes.map((scope) => (
          <li key={scope}>
            <code dir="ltr" title={i().scopeTexts[scope]}>{scope}</code>
          </li>
        ))}
      </ul>
      <History apiKey={apiKey} />
      {state === "active" && <Actions apiKey={apiKey} onChange={onChange} />}
    </article>
  );
}

function History({ apiKey }: { apiKey: Key }) {
  const { people } = useApp();
  const { createdAt, createdBy, expiresAt, lastUsedAt, lastAddress, previousUntil, state } = apiKey;
  const maker = createdBy === null ? i().bySystem : i().by(people.nameOf(createdBy));
  const lines = [
    `${i().created(dateOf(createdAt))} ${maker}`,
    lastUsedAt === null ? i().neverUsed : i().lastUsed(shortMomentOf(lastUsedAt), lastAddress),
    expiresAt !== null && state === "active" && i().expiresAt(dateOf(expiresAt)),
    previousUntil !== null && Date.parse(previousUntil) > Date.now() && state === "active" &&
    i().previousUntil(shortMomentOf(previousUntil)),
  ].filter((line) => line !== false);
  return <>{lines.map((line) => <p key={line} class="muted small">{line}</p>)}</>;
}

function Actions({ apiKey, onChange }: KeyCardProps) {
  const { client } = useApp();
  const [dialog, setDialog] = useState<"rotate" | "end" | null>(null);
  const { id: keyId, name } = apiKey;
  const rotate = async ({ grace }: Record<string, string>) => {
    const input = { keyId, graceSeconds: Number(grace) };
    const { token, ...key } = await withProof(() => client.call("apiKey.rotate", input));
    onChange(key);
    return token;
  };
  const end = async () => {
    onChange(await client.call("apiKey.end", { keyId }));
    showToast(i().keyEnded(name));
  };
  return (
    <div class="row-buttons">
      <button type="button" class="button secondary" onClick={() => setDialog("rotate")}>
        {i().rotate}
      </button>
      <button type="button" class="button danger" onClick={() => setDialog("end")}>
        {i().endKey}
      </button>
      {dialog === "rotate" && (
        <SecretDialog
          title={i().rotateKeyTitle(name)}
          label={i().rotate}
          onSubmit={rotate}
          onClose={() => setDialog(null)}
        >
          <GraceField />
        </SecretDialog>
      )}
      {dialog === "end" && (
        <ConfirmDialog
          title={i().endKeyTitle(name)}
          label={i().endKey}
          isGrave
          onConfirm={end}
          onClose={() => setDialog(null)}
        >
          <p class="muted">{i().endKeyText}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}
