import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { beginProof } from "../sign_in/provider_return.ts";
import { providerName } from "../sign_in/providers.ts";
import { account } from "../texts/account/account.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { wanted } from "./proof_state.ts";

/**
 * Asks for a proof of identity once more, before something that only the account's owner may do.
 */
export function Proof() {
  const { me } = useApp();
  const asked = wanted.value;
  if (asked === null) return null;
  const cancel = () => {
    if (wanted.peek() === null) return;
    wanted.value = null;
    asked.reject(null);
  };
  const proved = () => {
    wanted.value = null;
    asked.resolve();
  };
  const hasForm = me.value?.hasPassword || me.value?.twoFactorEnabled;
  return (
    <Dialog title={m().proveTitle} onClose={cancel}>
      {hasForm ? <ProofForm onProved={proved} /> : <ProviderProof />}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={cancel}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}

/** By password, or by a code where the account has none. */
function ProofForm({ onProved }: { onProved(): void }) {
  const { client, me } = useApp();
  const hasPassword = me.value?.hasPassword;
  const prove = async ({ password, code }: Record<string, string>) => {
    await client.call("auth.reauthenticate", hasPassword ? { password } : { code: code.trim() });
    onProved();
  };
  return (
    <>
      <p class="muted small">{hasPassword ? m().proveText : account.t().proveByCode}</p>
      <Form label={m().prove} onSubmit={prove}>
        {hasPassword
          ? (
            <Field
              name="password"
              label={t().password}
              type="password"
              autoComplete="current-password"
            />
          )
          : <Field name="code" label={m().code} autoComplete="one-time-code" />}
      </Form>
    </>
  );
}

/** An account with neither: a new sign-in at its provider is the proof. */
function ProviderProof() {
  const { client } = useApp();
  const [identities] = useLoaded(async () => (await client.call("auth.identities", {})).items);
  return (
    <>
      <p class="muted small">{account.t().proveByProvider}</p>
      {identities?.map(({ provider }) => (
        <button
          key={provider}
          type="button"
          class="button primary"
          onClick={() => void attempt(async () => location.assign(await beginProof(provider)))}
        >
          {account.t().signInAgain(providerName(provider))}
        </button>
      ))}
    </>
  );
}
