import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { Section } from "../components/section.tsx";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { Disclosure } from "./disclosure.tsx";
import { withProof } from "./proof_state.ts";

export function ChangePassword() {
  const app = useApp();
  const hasPassword = app.me.value?.hasPassword ?? true;
  const change = async ({ currentPassword, newPassword }: Record<string, string>) => {
    const input = { newPassword, ...(currentPassword && { currentPassword }) };
    await withProof(() => app.client.call("auth.changePassword", input));
    app.me.value = { ...app.me.peek()!, hasPassword: true };
    showToast(m().passwordChanged);
  };
  return (
    <Section title={t().password}>
      {!hasPassword && <p class="muted small">{account.t().noPassword}</p>}
      <Disclosure
        label={hasPassword ? m().changePassword : account.t().setPassword}
        onSubmit={change}
      >
        {hasPassword && (
          <Field
            name="currentPassword"
            label={m().currentPassword}
            type="password"
            autoComplete="current-password"
          />
        )}
        <Field
          name="newPassword"
          label={m().newPassword}
          hint={t().passwordHint}
          type="password"
          autoComplete="new-password"
          minLength={8}
        />
      </Disclosure>
    </Section>
  );
}
