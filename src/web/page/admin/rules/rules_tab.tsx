import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { Form } from "../../components/form.tsx";
import { useLoaded } from "../../components/use_loaded.ts";
import { showToast } from "../../state/toast.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { m } from "../../texts/more.ts";
import { t } from "../../texts/texts.ts";
import { AdminSection } from "../admin_section.tsx";
import { LinkFields } from "./link_fields.tsx";
import { WordFields } from "./word_fields.tsx";

export type Filters = Output<"admin.filters">;

const ACTIONS = ["refuse", "mask", "report"] as const;

/** The word list and the rule for links. */
export function RulesTab() {
  const { client } = useApp();
  const [filters, setFilters] = useLoaded(() => client.call("admin.filters", {}));
  if (filters === null) return <p class="muted">{t().loading}</p>;
  const save = async (fields: Record<string, string>) => {
    setFilters(await client.call("admin.setFilters", filtersOf(fields)));
    showToast(m().saved);
  };
  return (
    <div class="rules">
      <p class="muted">{i().rulesText}</p>
      <Form label={t().save} onSubmit={save}>
        <AdminSection title={i().words}>
          <p class="muted small" id="words-hint">{i().wordsHint}</p>
          <div class="word-lists">
            {ACTIONS.map((action) => (
              <WordFields key={action} action={action} words={filters.words} />
            ))}
          </div>
        </AdminSection>
        <AdminSection title={i().links}>
          <LinkFields links={filters.links} />
        </AdminSection>
      </Form>
    </div>
  );
}

function filtersOf(fields: Record<string, string>): Filters {
  const words = ACTIONS.flatMap((action) =>
    linesOf(fields[action]).map((word) => ({ word, action }))
  );
  return {
    words,
    links: {
      allow: fields.allow as Filters["links"]["allow"],
      hosts: linesOf(fields.hosts),
      newMemberSeconds: Number(fields.newMemberSeconds),
    },
  };
}

/** Each once, without empty ones. */
function linesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter(Boolean))];
}
