import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { Section } from "../components/section.tsx";
import { showToast } from "../state/toast.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { withProof } from "./proof_state.ts";

export function ChangePassword() {
  const { client, me } = useApp();
  // An empty form again, once it has worked.
  const [times, setTimes] = useState(0);
  const change = async ({ currentPassword, newPassword }: Record<string, string>) => {
    const input = { newPassword, ...(currentPassword && { currentPassword }) };
    await withProof(() => client.call("auth.changePassword", input));
    showToast(m().passwordChanged);
    setTimes(times + 1);
  };
  return (
    <Section title={m().changePassword}>
      <Form key={times} label={m().changePassword} onSubmit={change}>
        {me.value?.hasPassword && (
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
      </Form>
    </Section>
  );
}
