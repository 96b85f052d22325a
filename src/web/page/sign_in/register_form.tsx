import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { enter, newClient } from "../state/session.ts";
import { t } from "../texts/texts.ts";
import { FormTitle } from "./form_title.tsx";

export function RegisterForm() {
  const submit = async ({ username, email, password }: Record<string, string>) => {
    const client = await newClient();
    await client.register({ username, email, password });
    enter(client);
  };
  return (
    <>
      <FormTitle>{t().registerTitle}</FormTitle>
      <Form label={t().register} onSubmit={submit}>
        <Field
          name="username"
          label={t().username}
          hint={t().usernameHint}
          autoComplete="username"
          minLength={3}
          maxLength={32}
        />
        <Field name="email" label={t().email} type="email" autoComplete="email" />
        <Field
          name="password"
          label={t().password}
          hint={t().passwordHint}
          type="password"
          autoComplete="new-password"
          minLength={8}
        />
      </Form>
    </>
  );
}
