import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { Section } from "../components/section.tsx";
import { openSettings } from "../state/settings_view.ts";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { t } from "../texts/texts.ts";
import { ConfirmDialog } from "./confirm_dialog.tsx";
import { withProof } from "./proof_state.ts";

export function DeleteAccount() {
  const [isAsking, setAsking] = useState(false);
  return (
    <Section title={account.t().eraseTitle}>
      <p class="muted small">{account.t().eraseText}</p>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        {account.t().eraseStart}
      </button>
      {isAsking && <DeleteDialog onClose={() => setAsking(false)} />}
    </Section>
  );
}

/** Says what is lost, and asks for the username and a proof of identity. */
function DeleteDialog({ onClose }: { onClose(): void }) {
  const app = useApp();
  const me = app.me.value;
  if (me === null) return null;
  const { erased } = account.t();
  const erase = async ({ password }: Record<string, string>) => {
    await withProof(() => app.deleteAccount(password ? { password } : {}));
    openSettings.value = null;
    showToast(erased);
  };
  return (
    <ConfirmDialog
      title={account.t().eraseAsk}
      label={account.t().erase}
      isGrave
      onConfirm={erase}
      onClose={onClose}
    >
      <ul class="bullets">
        {account.t().eraseHappens.map((text) => <li key={text}>{text}</li>)}
      </ul>
      <p class="note warning">{account.t().eraseFirst}</p>
      <Field
        name="username"
        label={account.t().eraseName(me.username)}
        pattern={me.username.replaceAll(".", "\\.")}
        title={account.t().eraseNameWrong}
        autoComplete="off"
      />
      {me.hasPassword && (
        <Field
          name="password"
          label={t().password}
          type="password"
          autoComplete="current-password"
        />
      )}
    </ConfirmDialog>
  );
}
