import { useState } from "preact/hooks";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { newClient } from "../state/session.ts";
import { t } from "../texts/texts.ts";
import { FormTitle } from "./form_title.tsx";

/** The server never says whether an address has an account; so neither does this form. */
export function ForgotForm() {
  const [isSent, setSent] = useState(false);
  const submit = async ({ email }: Record<string, string>) => {
    await (await newClient()).call("auth.forgotPassword", { email });
    setSent(true);
  };
  return (
    <>
      <FormTitle>{t().forgotTitle}</FormTitle>
      {isSent ? <p role="status">{t().linkSent}</p> : (
        <>
          <p class="muted small">{t().forgotText}</p>
          <Form label={t().sendLink} onSubmit={submit}>
            <Field name="email" label={t().email} type="email" autoComplete="email" />
          </Form>
        </>
      )}
    </>
  );
}
