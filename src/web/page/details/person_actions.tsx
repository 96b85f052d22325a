import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Form } from "../components/form.tsx";
import { Section } from "../components/section.tsx";
import { showToast } from "../state/toast.ts";
import { m } from "../texts/more.ts";

type Reason = "spam" | "abuse" | "violence" | "sexual" | "impersonation" | "other";

/** Blocking and reporting the other person of a direct chat. */
export function PersonActions({ userId }: { userId: string }) {
  const { client, people } = useApp();
  const [isReporting, setReporting] = useState(false);
  const isBlocked = people.isBlocked(userId);
  const toggle = () => attempt(() => client.call("user.block", { userId, unblock: isBlocked }));
  const report = async ({ reason, details }: Record<string, string>) => {
    await client.call("user.report", { userId, reason: reason as Reason, details });
    setReporting(false);
    showToast(m().reportSent);
  };
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
      {isReporting && (
        <Form label={m().sendReport} onSubmit={report}>
          <p class="muted small">{m().reportText}</p>
          <label class="field">
            <span>{m().reason}</span>
            <select name="reason">
              {Object.entries(m().reasons).map(([value, text]) => (
                <option key={value} value={value}>{text}</option>
              ))}
            </select>
          </label>
          <label class="field">
            <span>{m().reportDetails}</span>
            <textarea name="details" rows={3} maxLength={2000} />
          </label>
        </Form>
      )}
    </Section>
  );
}
