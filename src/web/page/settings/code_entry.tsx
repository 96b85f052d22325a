import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { m } from "../texts/more.ts";

export function CodeEntry(
  { label, onCode }: { label: string; onCode(code: string): Promise<void> },
) {
  return (
    <Form label={label} onSubmit={({ code }) => onCode(code.trim())}>
      <Field name="code" label={m().code} autoComplete="one-time-code" />
    </Form>
  );
}
