import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { wanted } from "./proof_state.ts";

/** Asks for the password once more, before something that only its owner may do. */
export function Proof() {
  const { client } = useApp();
  const asked = wanted.value;
  if (asked === null) return null;
  const prove = async ({ password }: Record<string, string>) => {
    await client.call("auth.reauthenticate", { password });
    wanted.value = null;
    asked.resolve();
  };
  const cancel = () => {
    if (wanted.peek() === null) return;
    wanted.value = null;
    asked.reject(null);
  };
  return (
    <Dialog title={m().proveTitle} onClose={cancel}>
      <p class="muted small">{m().proveText}</p>
      <Form label={m().prove} onSubmit={prove}>
        <Field
          name="password"
          label={t().password}
          type="password"
          autoComplete="current-password"
        />
      </Form>
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={cancel}>{t().cancel}</button>
      </div>
    </Dialog>
  );
}
