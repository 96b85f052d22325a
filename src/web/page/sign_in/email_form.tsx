import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { newClient } from "../state/session.ts";
import { account } from "../texts/account/account.ts";
import { t } from "../texts/texts.ts";
import { FormTitle } from "./form_title.tsx";
import { begin } from "./provider_return.ts";
import { type Provider, providerName } from "./providers.ts";

/**
 * For a new account of a provider that gave no address: it is typed here, and the sign-in begins
 * again.
 */
export function EmailForm({ provider }: { provider: Provider }) {
  const name = providerName(provider);
  const submit = async ({ email }: Record<string, string>) => {
    location.assign(await begin(await newClient(), { provider, purpose: "signIn", email }));
  };
  return (
    <>
      <FormTitle>{account.t().emailNeeded}</FormTitle>
      <p class="muted small">{account.t().emailNeededText(name)}</p>
      <Form label={t().continueWith(name)} onSubmit={submit}>
        <Field name="email" label={t().email} type="email" autoComplete="email" />
      </Form>
    </>
  );
}
