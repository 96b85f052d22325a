import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { admin } from "../../texts/admin/admin.ts";
import type { Account } from "./people_query.ts";
import { ShadowButton } from "./shadow_button.tsx";
import { SuspendDialog } from "./suspend_dialog.tsx";

interface AccountActionsProps {
  user: Account;
  onChanged(): void;
}

export function AccountActions({ user, onChanged }: AccountActionsProps) {
  const { client } = useApp();
  const [dialog, setDialog] = useState<"suspend" | "sessions" | null>(null);
  const { id: userId, suspension } = user;
  const name = user.displayName || user.username;
  if (userId === client.userId) return <p class="note">{admin.t().itsYou}</p>;
  const suspend = async (suspension: { reason: string; until?: string }) => {
    await client.call("admin.suspend", { userId, ...suspension });
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
      <ShadowButton user={user} onChanged={onChanged} />
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
