import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Field } from "../components/field.tsx";
import { Section } from "../components/section.tsx";
import { account } from "../texts/account/account.ts";
import { Disclosure } from "./disclosure.tsx";
import { withProof } from "./proof_state.ts";

/**
 * Shows the address and whether it is confirmed. A new one counts once the link in its mail is
 * followed.
 */
export function ChangeEmail() {
  const { client, me: profile } = useApp();
  const [asked, setAsked] = useState<string | null>(null);
  const me = profile.value;
  if (me === null) return null;
  const change = async ({ email }: Record<string, string>) => {
    await withProof(() => client.call("auth.changeEmail", { email }));
    setAsked(email);
  };
  return (
    <Section title={account.t().email}>
      <div class="setting-value">
        <p>
          <bdi>{me.email}</bdi>{" "}
          <span class={me.emailVerifiedAt ? "tag good" : "tag warning"}>
            {me.emailVerifiedAt ? account.t().confirmed : account.t().notConfirmed}
          </span>
        </p>
      </div>
      {me.emailVerifiedAt === null && <Unconfirmed email={me.email} />}
      {asked && <p class="note" role="status">{account.t().changeEmailSent(asked)}</p>}
      <Disclosure label={account.t().changeEmail} onSubmit={change}>
        <Field name="email" label={account.t().newEmail} type="email" autoComplete="email" />
      </Disclosure>
    </Section>
  );
}

function Unconfirmed({ email }: { email: string }) {
  const { client } = useApp();
  const send = () =>
    attempt(() => client.call("auth.askVerification", {}), account.t().mailSent(email));
  return (
    <p class="muted small">
      {account.t().confirmText}{" "}
      <button type="button" class="link-button" onClick={() => void send()}>
        {account.t().sendAgain}
      </button>
    </p>
  );
}
