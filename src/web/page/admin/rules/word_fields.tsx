import { i } from "../../texts/integrations/integrations.ts";
import type { Filters } from "./rules_tab.tsx";

interface WordFieldsProps {
  action: Filters["words"][number]["action"];
  words: Filters["words"];
}

/** The words of one action, each on a line. */
export function WordFields({ action, words }: WordFieldsProps) {
  const listed = words.filter((each) => each.action === action).map(({ word }) => word);
  return (
    <label class="field">
      <span>{i().wordActions[action]}</span>
      <textarea
        name={action}
        rows={6}
        dir="auto"
        spellcheck={false}
        aria-describedby="words-hint"
        defaultValue={listed.join("\n")}
      />
    </label>
  );
}
