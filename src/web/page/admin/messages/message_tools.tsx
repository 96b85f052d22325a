import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { Field } from "../../components/field.tsx";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { MessageContext } from "./message_context.tsx";

interface MessageToolsProps {
  messageId: string;
  /** The message is a tombstone: there is nothing to delete. */
  isDeleted?: boolean;
  onDeleted?(): void;
}

/** Shows a message in its chat, and deletes it for everyone. */
export function MessageTools({ messageId, isDeleted, onDeleted }: MessageToolsProps) {
  const { client } = useApp();
  const [isShown, setShown] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [version, setVersion] = useState(0);
  const remove = async ({ reason }: Record<string, string>) => {
    await client.call("admin.deleteMessage", { messageId, reason });
    showToast(mo().deletedNow);
    setVersion(version + 1);
    onDeleted?.();
  };
  return (
    <>
      <div class="row-buttons">
        <button
          type="button"
          class="button secondary"
          aria-expanded={isShown}
          onClick={() => setShown(!isShown)}
        >
          {isShown ? mo().hideContext : mo().showContext}
        </button>
        {!isDeleted && (
          <button type="button" class="button danger" onClick={() => setAsking(true)}>
            {mo().deleteMessage}
          </button>
        )}
      </div>
      {isShown && <MessageContext key={version} messageId={messageId} />}
      {isAsking && (
        <ConfirmDialog
          title={mo().deleteMessageTitle}
          label={mo().deleteMessage}
          isGrave
          onConfirm={remove}
          onClose={() => setAsking(false)}
        >
          <Field
            name="reason"
            label={mo().deleteMessageReason}
            maxLength={500}
            autoComplete="off"
            dir="auto"
          />
        </ConfirmDialog>
      )}
    </>
  );
}
