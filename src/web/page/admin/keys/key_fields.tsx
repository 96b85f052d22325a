import { Field } from "../../components/field.tsx";
import { i } from "../../texts/integrations/integrations.ts";
import { CheckList } from "../check_list.tsx";
import type { Key } from "./keys_tab.tsx";

const DAY_MS = 86_400_000;

interface KeyFieldsProps {
  scopes: Key["scopes"];
  onScopes(scopes: Key["scopes"]): void;
}

export function KeyFields({ scopes, onScopes }: KeyFieldsProps) {
  return (
    <>
      <Field name="name" label={i().name} maxLength={100} autoComplete="off" dir="auto" />
      <CheckList
        label={i().scopes}
        options={i().scopeTexts}
        chosen={scopes}
        onChange={onScopes}
      />
      <label class="field">
        <span>{i().expires}</span>
        <select name="days">
          {Object.entries(i().lifetimes).map(([days, text]) => (
            <option key={days} value={days}>{text}</option>
          ))}
        </select>
      </label>
    </>
  );
}

export function keyOf({ name, days }: Record<string, string>, scopes: Key["scopes"]) {
  if (days === "") return { name, scopes };
  const expiresAt = new Date(Date.now() + Number(days) * DAY_MS).toISOString();
  return { name, scopes, expiresAt };
}
