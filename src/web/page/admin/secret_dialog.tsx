import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { attempt } from "../components/attempt.ts";
import { Dialog } from "../components/dialog.tsx";
import { Form } from "../components/form.tsx";
import { i } from "../texts/integrations/integrations.ts";
import { t } from "../texts/texts.ts";

interface SecretDialogProps {
  title: string;
  /** Text of the button that makes the secret. */
  label: string;
  children?: ComponentChildren;
  /** Resolves with the secret that is shown then. */
  onSubmit(fields: Record<string, string>): Promise<string>;
  onClose(): void;
}

/** Makes something that has a secret, and shows it once. */
export function SecretDialog({ title, label, children, onSubmit, onClose }: SecretDialogProps) {
  const [secret, setSecret] = useState<string | null>(null);
  return (
    <Dialog title={title} class="confirm" onClose={onClose}>
      {secret === null
        ? (
          <>
            <Form label={label} onSubmit={async (fields) => setSecret(await onSubmit(fields))}>
              {children}
            </Form>
            <button type="button" class="button secondary" onClick={onClose}>{t().cancel}</button>
          </>
        )
        : <Secret secret={secret} onDone={onClose} />}
    </Dialog>
  );
}

function Secret({ secret, onDone }: { secret: string; onDone(): void }) {
  const copier = useRef<HTMLButtonElement>(null);
  // The button that had the focus is gone.
  useEffect(() => copier.current!.focus(), []);
  const copy = () => attempt(() => navigator.clipboard.writeText(secret), t().copied);
  return (
    <>
      <p role="status">{i().secretText}</p>
      <code class="secret" dir="ltr">{secret}</code>
      <div class="dialog-buttons">
        <button
          ref={copier}
          type="button"
          class="button secondary"
          onClick={() => void copy()}
        >
          {i().copy}
        </button>
        <button type="button" class="button primary" onClick={onDone}>{i().savedIt}</button>
      </div>
    </>
  );
}
