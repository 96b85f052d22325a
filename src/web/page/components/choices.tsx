import { useId } from "preact/hooks";

interface ChoicesProps {
  label: string;
  /** Texts by value. */
  options: Record<string, string>;
  value: string;
  /** A heading above says it already; then the label is only read aloud. */
  hideLabel?: boolean;
  /** Class of a small mark before each text. */
  mark?(value: string): string;
  onChange(value: string): void;
}

/** A few values side by side, one of which is chosen. */
export function Choices({ label, options, value, hideLabel, mark, onChange }: ChoicesProps) {
  const name = useId();
  return (
    <fieldset class="choices">
      <legend class={hideLabel ? "visually-hidden" : undefined}>{label}</legend>
      {Object.entries(options).map(([key, text]) => (
        <label key={key} class="choice">
          <input
            type="radio"
            name={name}
            checked={key === value}
            onChange={() => onChange(key)}
          />
          {mark && <span class={`choice-mark ${mark(key)}`} aria-hidden="true" />}
          <span>{text}</span>
        </label>
      ))}
    </fieldset>
  );
}
