import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { Section } from "../components/section.tsx";
import { showToast } from "../state/toast.ts";
import { account } from "../texts/account/account.ts";
import { t } from "../texts/texts.ts";
import { Disclosure } from "./disclosure.tsx";
import { withProof } from "./proof_state.ts";

export function ChangeUsername() {
  const app = useApp();
  const me = app.me.value;
  if (me === null) return null;
  const change = async ({ username }: Record<string, string>) => {
    app.me.value = await withProof(() => app.client.call("auth.changeUsername", { username }));
    showToast(account.t().usernameChanged);
  };
  return (
    <Section title={account.t().username}>
      <div class="setting-value">
        <p>
          <bdi>@{me.username}</bdi>
        </p>
        <p class="muted small">{account.t().usernameText}</p>
      </div>
      <Disclosure label={account.t().changeUsername} onSubmit={change}>
        <Field
          name="username"
          label={account.t().newUsername}
          hint={t().usernameHint}
          autoComplete="username"
          minLength={3}
          maxLength={32}
          defaultValue={me.username}
        />
      </Disclosure>
    </Section>
  );
}
