import { ChatError } from "../../../client/mod.ts";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { enter, newClient } from "../state/session.ts";
import { t } from "../texts/texts.ts";
import { FormTitle } from "./form_title.tsx";

/** The second factor: a code of the authenticator app, or one for when that is lost. */
export function CodeForm({ challenge }: { challenge: string }) {
  const submit = async ({ code }: Record<string, string>) => {
    const client = await newClient();
    const answer = await client.call("secondFactor.verify", { challenge, code });
    // Without a challenge, the operation confirms a new second factor instead.
    if (!("user" in answer)) throw new ChatError("bad_answer", "The answer holds no session");
    await client.useSession(answer);
    enter(client);
  };
  return (
    <>
      <FormTitle>{t().secondStep}</FormTitle>
      <p class="muted small">{t().secondStepText}</p>
      <Form label={t().continue} onSubmit={submit}>
        <Field name="code" label={t().code} autoComplete="one-time-code" />
      </Form>
    </>
  );
}
