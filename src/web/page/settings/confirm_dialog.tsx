import type { ComponentChildren } from "preact";
import { Dialog } from "../components/dialog.tsx";
import { Form } from "../components/form.tsx";
import { t } from "../texts/texts.ts";

interface ConfirmDialogProps {
  title: string;
  /** Text of the button. */
  label: string;
  /** The action cannot be undone, or shuts somebody out. */
  isGrave?: boolean;
  children: ComponentChildren;
  onConfirm(fields: Record<string, string>): Promise<void>;
  onClose(): void;
}

/** Asks once more, with fields if needed; closed when the action has worked. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { title, label, isGrave, children, onConfirm, onClose } = props;
  const confirm = async (fields: Record<string, string>) => {
    await onConfirm(fields);
    onClose();
  };
  return (
    <Dialog title={title} class={isGrave ? "confirm grave" : "confirm"} onClose={onClose}>
      <Form label={label} onSubmit={confirm}>{children}</Form>
      <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
    </Dialog>
  );
}
