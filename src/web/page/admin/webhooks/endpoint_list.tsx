import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { useLoaded } from "../../components/use_loaded.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { t } from "../../texts/texts.ts";
import { adminHref } from "../admin_href.ts";
import { SecretDialog } from "../secret_dialog.tsx";
import { EndpointFields, endpointOf } from "./endpoint_fields.tsx";

export type Endpoint = Output<"admin.webhook">;

/** All endpoints, and the way to add one. */
export function EndpointList() {
  const { client } = useApp();
  const load = async () => (await client.call("admin.webhooks", {})).items;
  const [endpoints, setEndpoints] = useLoaded(load);
  const [isAdding, setAdding] = useState(false);
  const [events, setEvents] = useState<Endpoint["events"]>(["message.created"]);
  const add = async (fields: Record<string, string>) => {
    const { secret } = await client.call("admin.createWebhook", endpointOf(fields, events));
    setEndpoints(await load());
    return secret;
  };
  return (
    <>
      <button type="button" class="button primary" onClick={() => setAdding(true)}>
        {i().newEndpoint}
      </button>
      {endpoints === null && <p class="muted small">{t().loading}</p>}
      {endpoints?.length === 0 && (
        <EmptyState icon="out" title={i().noEndpoints} text={i().noEndpointsText} />
      )}
      {endpoints?.map((endpoint) => <EndpointCard key={endpoint.id} endpoint={endpoint} />)}
      {isAdding && (
        <SecretDialog
          title={i().newEndpoint}
          label={i().newEndpoint}
          onSubmit={add}
          onClose={() => setAdding(false)}
        >
          <EndpointFields events={events} onEvents={setEvents} />
        </SecretDialog>
      )}
    </>
  );
}

function EndpointCard({ endpoint }: { endpoint: Endpoint }) {
  const { id, url, description, events } = endpoint;
  return (
    <article class="admin-card" aria-label={url}>
      <header>
        <h2 dir="ltr">
          <a href={adminHref("webhooks", id)}>{url}</a>
        </h2>
        <StatusTag endpoint={endpoint} />
      </header>
      {description && <p dir="auto">{description}</p>}
      <p class="muted small">{i().eventCount(events.length)}</p>
    </article>
  );
}

export function StatusTag({ endpoint: { status } }: { endpoint: Endpoint }) {
  return (
    <span class={status === "active" ? "tag good" : "tag warning"}>{i().statuses[status]}</span>
  );
}
