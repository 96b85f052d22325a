import { i } from "../texts/integrations/integrations.ts";

interface CheckListProps<Value extends string> {
  label: string;
  /** Texts by value. */
  options: Record<Value, string>;
  chosen: readonly Value[];
  onChange(chosen: Value[]): void;
}

/** Any number of values, each with its name in the interface and a text. */
export function CheckList<Value extends string>(props: CheckListProps<Value>) {
  const { label, options, chosen, onChange } = props;
  const values = Object.keys(options) as Value[];
  const toggle = (value: Value) =>
    onChange(values.filter((each) => chosen.includes(each) !== (each === value)));
  const isFull = chosen.length === values.length;
  return (
    <fieldset class="check-list">
      <legend>{label}</legend>
      <button type="button" class="link-button" onClick={() => onChange(isFull ? [] : values)}>
        {isFull ? i().none : i().all}
      </button>
      {values.map((value) => (
        <label key={value} class="check">
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={() => toggle(value)}
          />
          <span>
            {options[value]} <code dir="ltr">{value}</code>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
