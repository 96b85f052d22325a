import { i } from "../texts/integrations/integrations.ts";

/** The field `grace` of a form: seconds for which the secret before works as well. */
export function GraceField() {
  return (
    <label class="field">
      <span>{i().grace}</span>
      <select name="grace">
        {Object.entries(i().graces).map(([seconds, text]) => (
          <option key={seconds} value={seconds} selected={seconds === "86400"}>{text}</option>
        ))}
      </select>
    </label>
  );
}
