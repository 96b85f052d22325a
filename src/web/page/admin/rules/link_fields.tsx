import { i } from "../../texts/integrations/integrations.ts";
import type { Filters } from "./rules_tab.tsx";

/** Which links may be sent, and by whom. */
export function LinkFields({ links }: { links: Filters["links"] }) {
  const { allow, hosts, newMemberSeconds } = links;
  return (
    <>
      <Option name="allow" label={i().allow} options={i().allows} value={allow} />
      <label class="field">
        <span>{i().hosts}</span>
        <textarea
          name="hosts"
          rows={4}
          dir="ltr"
          spellcheck={false}
          aria-describedby="hosts-hint"
          defaultValue={hosts.join("\n")}
        />
        <small id="hosts-hint" class="muted">{i().hostsHint}</small>
      </label>
      <Option
        name="newMemberSeconds"
        label={i().newMembers}
        options={waitsWith(newMemberSeconds)}
        value={String(newMemberSeconds)}
      />
    </>
  );
}

/** Another server may have set a time that is not offered here. */
function waitsWith(seconds: number): Record<string, string> {
  const { waits } = i();
  return String(seconds) in waits ? waits : { ...waits, [seconds]: i().seconds(seconds) };
}

interface OptionProps {
  name: string;
  label: string;
  options: Record<string, string>;
  value: string;
}

function Option({ name, label, options, value }: OptionProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <select name={name}>
        {Object.entries(options).map(([key, text]) => (
          <option key={key} value={key} selected={key === value}>{text}</option>
        ))}
      </select>
    </label>
  );
}
