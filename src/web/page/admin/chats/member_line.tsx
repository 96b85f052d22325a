import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { Field } from "../../components/field.tsx";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { PersonLine } from "../person_line.tsx";
import type { Chat } from "./chat_view.tsx";

interface MemberLineProps {
  chat: Chat;
  member: Chat["members"][number];
  onRemoved(): Promise<void>;
}

/** One member; can be removed from a group. */
export function MemberLine({ chat, member: { userId, role }, onRemoved }: MemberLineProps) {
  const { client, people } = useApp();
  const [isAsking, setAsking] = useState(false);
  const name = people.nameOf(userId);
  const remove = async ({ reason }: Record<string, string>) => {
    await client.call("admin.removeMember", { chatId: chat.id, userId, reason });
    showToast(mo().removedNow(name));
    await onRemoved();
  };
  return (
    <li>
      <PersonLine userId={userId} />
      {role !== "member" && <span class="tag">{mo().roles[role]}</span>}
      {chat.kind === "group" && (
        <button
          type="button"
          class="button secondary"
          aria-label={`${mo().remove}: ${name}`}
          onClick={() => setAsking(true)}
        >
          {mo().remove}
        </button>
      )}
      {isAsking && (
        <ConfirmDialog
          title={mo().removeTitle(name)}
          label={mo().remove}
          isGrave
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          <Field
            name="reason"
            label={mo().removeReason}
            maxLength={500}
            autoComplete="off"
            dir="auto"
          />
        </ConfirmDialog>
      )}
    </li>
  );
}
