import { useApp } from "../app/context.ts";
import { Form } from "../components/form.tsx";
import { showToast } from "../state/toast.ts";
import { m } from "../texts/more.ts";

type Reason = "spam" | "abuse" | "violence" | "sexual" | "impersonation" | "other";

interface ReportFormProps {
  userId: string;
  /** Reported with the person: the administrators see it as it is now. */
  messageId?: string;
  onSent(): void;
}

/** Reports a person, or a message of theirs, to the administrators. */
export function ReportForm({ userId, messageId, onSent }: ReportFormProps) {
  const { client } = useApp();
  const report = async ({ reason, details }: Record<string, string>) => {
    await client.call("user.report", { userId, messageId, reason: reason as Reason, details });
    onSent();
    showToast(m().reportSent);
  };
  return (
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
        <textarea name="details" rows={3} maxLength={2000} dir="auto" />
      </label>
    </Form>
  );
}
