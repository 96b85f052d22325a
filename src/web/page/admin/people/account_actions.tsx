import { useState } from "preact/hooks";
import type { UserView } from "../../../../api/views/user.ts";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { Field } from "../../components/field.tsx";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { admin } from "../../texts/admin/admin.ts";
import type { Suspension } from "./suspension.ts";

const DAY_MS = 86_400_000;
const DURATIONS_MS: Record<string, number> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };

interface AccountActionsProps {
  user: UserView;
  suspension: Suspension | null;
  onChanged(): void;
}

export function AccountActions({ user, suspension, onChanged }: AccountActionsProps) {
  const { client } = useApp();
  const [dialog, setDialog] = useState<"suspend" | "sessions" | null>(null);
  const { id: userId } = user;
  const name = user.displayName || user.username;
  if (userId === client.userId) return <p class="note">{admin.t().itsYou}</p>;
  const suspend = async ({ reason, duration }: Record<string, string>) => {
    const ms = DURATIONS_MS[duration];
    const until = ms === undefined ? {} : { until: new Date(Date.now() + ms).toISOString() };
    await client.call("admin.suspend", { userId, reason, ...until });
    showToast(admin.t().suspendedNow(name));
    onChanged();
  };
  const lift = () =>
    attempt(async () => {
      await client.call("admin.unsuspend", { userId });
      onChanged();
    }, admin.t().unsuspendedNow(name));
  const endSessions = async () => {
    const { ended } = await client.call("admin.endSessions", { userId });
    showToast(admin.t().sessionsEnded(ended));
    onChanged();
  };
  return (
    <div class="row-buttons">
      {suspension && (
        <button type="button" class="button primary" onClick={() => void lift()}>
          {admin.t().unsuspend}
        </button>
      )}
      {!suspension && (
        <button
          type="button"
          class="button danger"
          onClick={() => setDialog("suspend")}
        >
          {admin.t().suspend}
        </button>
      )}
      <button type="button" class="button secondary" onClick={() => setDialog("sessions")}>
        {admin.t().endSessions}
      </button>
      {dialog === "suspend" && (
        <SuspendDialog
          name={name}
          onSuspend={suspend}
          onClose={() => setDialog(null)}
        />
      )}
      {dialog === "sessions" && (
        <ConfirmDialog
          title={admin.t().endSessionsTitle(name)}
          label={admin.t().endSessions}
          onConfirm={endSessions}
          onClose={() => setDialog(null)}
        >
          <p class="muted">{admin.t().endSessionsText}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

interface SuspendDialogProps {
  name: string;
  onSuspend(fields: Record<string, string>): Promise<void>;
  onClose(): void;
}

function SuspendDialog({ name, onSuspend, onClose }: SuspendDialogProps) {
  const { suspend, suspendTitle, suspendText, suspendReason, suspendFor, durations } = admin.t();
  return (
    <ConfirmDialog
      title={suspendTitle(name)}
      label={suspend}
      isGrave
      onConfirm={onSuspend}
      onClose={onClose}
    >
      <p class="muted">{suspendText}</p>
      <Field name="reason" label={suspendReason} maxLength={500} autoComplete="off" dir="auto" />
      <label class="field">
        <span>{suspendFor}</span>
        <select name="duration">
          {Object.entries(durations).map(([key, text]) => (
            <option key={key} value={key}>{text}</option>
          ))}
        </select>
      </label>
    </ConfirmDialog>
  );
}
