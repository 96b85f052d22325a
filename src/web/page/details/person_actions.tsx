import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { m } from "../texts/more.ts";
import { ReportForm } from "./report_form.tsx";

/** Blocking and reporting the other person of a direct chat. */
export function PersonActions({ userId }: { userId: string }) {
  const { client, people } = useApp();
  const [isReporting, setReporting] = useState(false);
  const isBlocked = people.isBlocked(userId);
  const toggle = () => attempt(() => client.call("user.block", { userId, unblock: isBlocked }));
  return (
    <Section title={people.nameOf(userId)}>
      {isBlocked && <p class="muted small">{m().blockedNow}</p>}
      <div class="row-buttons">
        <button type="button" class="button secondary" onClick={() => void toggle()}>
          {isBlocked ? m().unblockPerson : m().blockPerson}
        </button>
        <button
          type="button"
          class="button danger"
          aria-expanded={isReporting}
          onClick={() => setReporting(!isReporting)}
        >
          {m().report}
        </button>
      </div>
      {isReporting && <ReportForm userId={userId} onSent={() => setReporting(false)} />}
    </Section>
  );
}
