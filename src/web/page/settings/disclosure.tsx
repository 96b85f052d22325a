import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Form } from "../components/form.tsx";
import { t } from "../texts/texts.ts";

interface DisclosureProps {
  /** Text of the button that opens the form, and of the form's own. */
  label: string;
  children: ComponentChildren;
  onSubmit(fields: Record<string, string>): Promise<void>;
}

/** A form that is seldom needed: behind a button, and closed again once it has worked. */
export function Disclosure({ label, children, onSubmit }: DisclosureProps) {
  const [isOpen, setOpen] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const form = useRef<HTMLDivElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (isOpen) form.current!.querySelector("input")?.focus();
    else if (wasOpen.current) opener.current!.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const submit = async (fields: Record<string, string>) => {
    await onSubmit(fields);
    setOpen(false);
  };
  if (!isOpen) {
    return (
      <button
        ref={opener}
        type="button"
        class="button secondary"
        onClick={() => setOpen(true)}
      >
        {label}
      </button>
    );
  }
  return (
    <div ref={form} class="disclosure">
      <Form label={label} onSubmit={submit}>{children}</Form>
      <button type="button" class="link-button" onClick={() => setOpen(false)}>
        {t().cancel}
      </button>
    </div>
  );
}
