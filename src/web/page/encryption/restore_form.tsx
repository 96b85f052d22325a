import { ChatError } from "../../../client/mod.ts";
import { MlsClientError, parseRecoveryKey } from "../../../client/encryption/mod.ts";
import { useApp } from "../app/context.ts";
import { Field } from "../components/field.tsx";
import { Form } from "../components/form.tsx";
import { showToast } from "../state/toast.ts";
import { e } from "../texts/encryption/encryption.ts";

/** Reads the backup with the recovery key that the person enters. */
export function RestoreForm({ onDone }: { onDone?(): void }) {
  const { client } = useApp();
  const restore = async ({ key }: Record<string, string>) => {
    try {
      const messages = await client.encryption.history.restore(await parseRecoveryKey(key));
      showToast(e().restored(messages));
      onDone?.();
    } catch (error) {
      if (!(error instanceof MlsClientError)) throw error;
      throw new ChatError("invalid_request", e().wrongKey, { cause: error });
    }
  };
  return (
    <Form label={e().restore} onSubmit={restore}>
      <Field name="key" label={e().recoveryKey} autoComplete="off" class="input key-input" />
    </Form>
  );
}
