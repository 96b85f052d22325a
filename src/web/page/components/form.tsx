import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { faultText } from "../texts/fault_text.ts";

interface FormProps {
  /** Text of the button. */
  label: string;
  children: ComponentChildren;
  onSubmit(fields: Record<string, string>): Promise<void>;
}

/**
 * Fields and a button; what the server refuses is shown above the button, and the fields keep their
 * text.
 */
export function Form({ label, children, onSubmit }: FormProps) {
  const [fault, setFault] = useState("");
  const [isBusy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = Object.fromEntries(new FormData(form)) as Record<string, string>;
    setBusy(true);
    setFault("");
    try {
      await onSubmit(fields);
    } catch (error) {
      setFault(faultText(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form class="form" onSubmit={submit}>
      {children}
      {fault && <p class="fault" role="alert">{fault}</p>}
      <button type="submit" class="button primary" disabled={isBusy}>{label}</button>
    </form>
  );
}
