import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { goTo } from "../../state/route.ts";
import { showToast } from "../../state/toast.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { t } from "../../texts/texts.ts";
import { adminHref } from "../admin_href.ts";
import { GraceField } from "../grace_field.tsx";
import { SecretDialog } from "../secret_dialog.tsx";
import { answerText } from "./answer_text.ts";
import { EndpointFields, endpointOf } from "./endpoint_fields.tsx";
import type { Endpoint } from "./endpoint_list.tsx";

interface EndpointActionsProps {
  endpoint: Endpoint;
  onChanged(): Promise<void>;
}

export function EndpointActions({ endpoint, onChanged }: EndpointActionsProps) {
  const { client } = useApp();
  const [dialog, setDialog] = useState<"edit" | "rotate" | "delete" | null>(null);
  const { id: webhookId, status } = endpoint;
  const isPaused = status === "paused";
  const close = () => setDialog(null);
  const pause = () =>
    attempt(async () => {
      await client.call("admin.updateWebhook", { webhookId, paused: !isPaused });
      await onChanged();
    }, isPaused ? i().resumedNow : i().pausedNow);
  const test = () =>
    attempt(async () => {
      showToast(answerText(await client.call("admin.testWebhook", { webhookId })));
      await onChanged();
    });
  const rotate = async ({ grace }: Record<string, string>) => {
    const graceSeconds = Number(grace);
    const { secret } = await client.call("admin.rotateWebhookSecret", { webhookId, graceSeconds });
    return secret;
  };
  const remove = async () => {
    await client.call("admin.deleteWebhook", { webhookId });
    goTo(adminHref("webhooks"));
  };
  return (
    <div class="row-buttons">
      <button type="button" class="button secondary" onClick={() => void test()}>
        {i().sendTest}
      </button>
      <button type="button" class="button secondary" onClick={() => void pause()}>
        {isPaused ? i().resume : i().pause}
      </button>
      <button type="button" class="button secondary" onClick={() => setDialog("edit")}>
        {i().edit}
      </button>
      <button type="button" class="button secondary" onClick={() => setDialog("rotate")}>
        {i().rotate}
      </button>
      <button type="button" class="button danger" onClick={() => setDialog("delete")}>
        {i().deleteEndpoint}
      </button>
      {dialog === "edit" && (
        <EditDialog
          endpoint={endpoint}
          onChanged={onChanged}
          onClose={close}
        />
      )}
      {dialog === "rotate" && (
        <SecretDialog
          title={i().rotateTitle}
          label={i().rotate}
          onSubmit={rotate}
          onClose={close}
        >
          <GraceField />
        </SecretDialog>
      )}
      {dialog === "delete" && (
        <ConfirmDialog
          title={i().deleteEndpointTitle}
          label={i().deleteEndpoint}
          isGrave
          onConfirm={remove}
          onClose={close}
        >
          <p class="muted">{i().deleteEndpointText}</p>
        </ConfirmDialog>
      )}
    </div>
  );
}

function EditDialog(
  { endpoint, onChanged, onClose }: EndpointActionsProps & { onClose(): void },
) {
  const { client } = useApp();
  const [events, setEvents] = useState(endpoint.events);
  const save = async (fields: Record<string, string>) => {
    const change = endpointOf(fields, events);
    await client.call("admin.updateWebhook", { webhookId: endpoint.id, ...change });
    await onChanged();
  };
  return (
    <ConfirmDialog title={i().edit} label={t().save} onConfirm={save} onClose={onClose}>
      <EndpointFields endpoint={endpoint} events={events} onEvents={setEvents} />
    </ConfirmDialog>
  );
}
