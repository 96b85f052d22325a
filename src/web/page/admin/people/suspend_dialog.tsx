import { useState } from "preact/hooks";
import { Field } from "../../components/field.tsx";
import { Select } from "../../components/select.tsx";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { admin } from "../../texts/admin/admin.ts";

const DAY_MS = 86_400_000;
const DURATIONS_MS: Record<string, number> = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS };

interface SuspendDialogProps {
  name: string;
  /** Without `until`: until it is lifted. */
  onSuspend(suspension: { reason: string; until?: string }): Promise<void>;
  onClose(): void;
}

/** Asks for the reason, and for how long. */
export function SuspendDialog({ name, onSuspend, onClose }: SuspendDialogProps) {
  const [duration, setDuration] = useState("always");
  const { suspend, suspendTitle, suspendText, suspendReason, suspendFor, suspendUntil, durations } =
    admin.t();
  const confirm = async ({ reason, until }: Record<string, string>) => {
    const ms = DURATIONS_MS[duration];
    if (ms !== undefined) await onSuspend({ reason, until: timestampOf(Date.now() + ms) });
    else if (until !== undefined) await onSuspend({ reason, until: timestampOf(until) });
    else await onSuspend({ reason });
  };
  return (
    <ConfirmDialog
      title={suspendTitle(name)}
      label={suspend}
      isGrave
      onConfirm={confirm}
      onClose={onClose}
    >
      <p class="muted">{suspendText}</p>
      <Field name="reason" label={suspendReason} maxLength={500} autoComplete="off" dir="auto" />
      <Select label={suspendFor} options={durations} value={duration} onChange={setDuration} />
      {duration === "date" && <Field name="until" label={suspendUntil} type="datetime-local" />}
    </ConfirmDialog>
  );
}

/** `time` is in milliseconds since 1970, or a time in the browser's zone. */
function timestampOf(time: number | string): string {
  return new Date(time).toISOString();
}
