import { useApp } from "../app/context.ts";
import { ConfirmDialog } from "../settings/confirm_dialog.tsx";
import { showToast } from "../state/toast.ts";
import { i } from "../texts/integrations/integrations.ts";
import type { Hook } from "./hook_list.tsx";

interface EndHookDialogProps {
  hook: Hook;
  onEnded(): void;
  onClose(): void;
}

export function EndHookDialog({ hook, onEnded, onClose }: EndHookDialogProps) {
  const { client } = useApp();
  const { id, chatId, name } = hook;
  const end = async () => {
    await client.call("hook.end", { chatId, hook: id });
    showToast(i().incomingEnded(name));
    onEnded();
  };
  return (
    <ConfirmDialog
      title={i().endIncomingTitle(name)}
      label={i().endIncoming}
      isGrave
      onConfirm={end}
      onClose={onClose}
    >
      <p class="muted">{i().endIncomingText}</p>
    </ConfirmDialog>
  );
}
