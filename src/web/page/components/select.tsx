import { useId } from "preact/hooks";

interface SelectProps {
  label: string;
  /** Texts by value. */
  options: Record<string, string>;
  value: string;
  onChange(value: string): void;
}

export function Select({ label, options, value, onChange }: SelectProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {Object.entries(options).map(([key, text]) => (
          <option key={key} value={key} selected={key === value}>{text}</option>
        ))}
      </select>
    </div>
  );
}
