import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

interface CodeEntryProps {
  label: string;
  onCode(code: string): Promise<void>;
  onCancel?(): void;
}

export function CodeEntry({ label, onCode, onCancel }: CodeEntryProps) {
  return (
    <div class="disclosure">
      <Form label={label} onSubmit={({ code }) => onCode(code.trim())}>
        <Field name="code" label={m().code} autoComplete="one-time-code" dir="ltr" />
      </Form>
      {onCancel && (
        <button type="button" class="link-button" onClick={onCancel}>{t().cancel}</button>
      )}
    </div>
  );
}
