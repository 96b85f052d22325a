import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { Field } from "../../components/field.tsx";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import type { Chat } from "./chat_view.tsx";

interface FreezeButtonProps {
  chat: Chat;
  onChanged(): Promise<void>;
}

/** Keeps the members from writing, or lets them again. */
export function FreezeButton({ chat: { id: chatId, frozen }, onChanged }: FreezeButtonProps) {
  const { client } = useApp();
  const [isAsking, setAsking] = useState(false);
  const freeze = async ({ reason }: Record<string, string>) => {
    await client.call("admin.freezeChat", { chatId, frozen: true, reason: reason.trim() });
    showToast(mo().frozenNow);
    await onChanged();
  };
  const unfreeze = () =>
    attempt(async () => {
      await client.call("admin.freezeChat", { chatId, frozen: false });
      await onChanged();
    }, mo().unfrozenNow);
  if (frozen) {
    return (
      <button type="button" class="button primary" onClick={() => void unfreeze()}>
        {mo().unfreeze}
      </button>
    );
  }
  return (
    <>
      <button type="button" class="button danger" onClick={() => setAsking(true)}>
        {mo().freeze}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={mo().freezeTitle}
          label={mo().freeze}
          isGrave
          onConfirm={freeze}
          onClose={() => setAsking(false)}
        >
          <p class="muted">{mo().freezeText}</p>
          <Field
            name="reason"
            label={mo().freezeReason}
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
