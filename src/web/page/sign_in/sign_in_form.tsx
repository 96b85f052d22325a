import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { enter, newClient } from "../state/session.ts";
import { t } from "../texts/texts.ts";
import { FormTitle } from "./form_title.tsx";

/** `onChallenge`: the account asks for a second factor, too. */
export function SignInForm({ onChallenge }: { onChallenge(challenge: string): void }) {
  const submit = async ({ identifier, password }: Record<string, string>) => {
    const client = await newClient();
    const answer = await client.signIn({ identifier, password });
    if ("challenge" in answer) onChallenge(answer.challenge);
    else enter(client);
  };
  return (
    <>
      <FormTitle>{t().signInTitle}</FormTitle>
      <Form label={t().signIn} onSubmit={submit}>
        <Field name="identifier" label={t().identifier} autoComplete="username" />
        <Field
          name="password"
          label={t().password}
          type="password"
          autoComplete="current-password"
        />
      </Form>
    </>
  );
}
