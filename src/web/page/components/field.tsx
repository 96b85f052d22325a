import type { JSX } from "preact";
import { useId } from "preact/hooks";

type FieldProps = JSX.IntrinsicElements["input"] & {
  name: string;
  label: string;
  hint?: string;
};

export function Field({ label, hint, ...attributes }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        autoCapitalize="none"
        spellcheck={false}
        required
        aria-describedby={hint && `${id}-hint`}
        {...attributes}
      />
      {hint && <small id={`${id}-hint`} class="muted">{hint}</small>}
    </div>
  );
}
