import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { Field } from "../../components/field.tsx";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { admin } from "../../texts/admin/admin.ts";
import type { Account } from "./people_query.ts";

interface ShadowButtonProps {
  user: Account;
  onChanged(): void;
}

/** Lets only the person see what they send, or everybody again. */
export function ShadowButton({ user, onChanged }: ShadowButtonProps) {
  const { client } = useApp();
  const [isAsking, setAsking] = useState(false);
  const { id: userId, shadowedAt } = user;
  const name = user.displayName || user.username;
  const shadow = async ({ reason }: Record<string, string>) => {
    await client.call("admin.shadow", { userId, shadowed: true, reason: reason.trim() });
    showToast(admin.t().shadowedNow(name));
    onChanged();
  };
  const lift = () =>
    attempt(async () => {
      await client.call("admin.shadow", { userId, shadowed: false });
      onChanged();
    }, admin.t().unshadowedNow(name));
  if (shadowedAt !== null) {
    return (
      <button type="button" class="button secondary" onClick={() => void lift()}>
        {admin.t().unshadow}
      </button>
    );
  }
  return (
    <>
      <button type="button" class="button secondary" onClick={() => setAsking(true)}>
        {admin.t().shadow}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={admin.t().shadowTitle(name)}
          label={admin.t().shadow}
          isGrave
          onConfirm={shadow}
          onClose={() => setAsking(false)}
        >
          <p class="muted">{admin.t().shadowText}</p>
          <Field
            name="reason"
            label={admin.t().shadowReason}
            required={false}
            maxLength={500}
            autoComplete="off"
            dir="auto"
          />
        </ConfirmDialog>
      )}
    </>
  );
}
