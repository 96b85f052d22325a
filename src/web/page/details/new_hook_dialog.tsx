import { SecretDialog } from "../admin/secret_dialog.tsx";
import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { i } from "../texts/integrations/integrations.ts";
import type { Hook } from "./hook_list.tsx";

interface NewHookDialogProps {
  chatId: string;
  onMade(hook: Hook): void;
  onClose(): void;
}

/** Makes an incoming webhook, and shows its address once: it contains the secret. */
export function NewHookDialog({ chatId, onMade, onClose }: NewHookDialogProps) {
  const { client } = useApp();
  const make = async ({ name }: Record<string, string>) => {
    const { path, ...hook } = await client.call("hook.create", { chatId, name });
    onMade(hook);
    return new URL(path, location.origin).href;
  };
  return (
    <SecretDialog
      title={i().newIncoming}
      label={i().newIncoming}
      onSubmit={make}
      onClose={onClose}
    >
      <Field name="name" label={i().name} maxLength={100} autoComplete="off" dir="auto" />
    </SecretDialog>
  );
}
