import { useState } from "preact/hooks";
import { type ChatClient, ChatError } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { EmptyState } from "../../components/empty_state.tsx";
import { Icon } from "../../components/icon.tsx";
import { useLoaded } from "../../components/use_loaded.ts";
import { dateOf, shortMomentOf } from "../../texts/format.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { t } from "../../texts/texts.ts";
import { adminHref } from "../admin_href.ts";
import { Deliveries } from "./deliveries.tsx";
import { EndpointActions } from "./endpoint_actions.tsx";
import { type Endpoint, StatusTag } from "./endpoint_list.tsx";

/** One endpoint: how it fares, what may be done with it, and its deliveries. */
export function EndpointView({ webhookId }: { webhookId: string }) {
  const { client } = useApp();
  const [found, setFound] = useLoaded(() => read(client, webhookId));
  const [version, setVersion] = useState(0);
  if (found === null) return <p class="muted">{t().loading}</p>;
  const { endpoint } = found;
  if (endpoint === null) {
    return (
      <EmptyState icon="search" title={i().noSuchEndpoint} text={i().noSuchEndpointText}>
        <a href={adminHref("webhooks")}>{i().backToEndpoints}</a>
      </EmptyState>
    );
  }
  const changed = async () => {
    setFound(await read(client, webhookId));
    setVersion((before) => before + 1);
  };
  return (
    <>
      <a class="back-link small" href={adminHref("webhooks")}>
        <Icon name="back" flips /> {i().backToEndpoints}
      </a>
      <article class="admin-card" aria-label={endpoint.url}>
        <Head endpoint={endpoint} />
        <EndpointActions endpoint={endpoint} onChanged={changed} />
      </article>
      <Deliveries webhookId={webhookId} version={version} onChanged={changed} />
    </>
  );
}

function Head({ endpoint }: { endpoint: Endpoint }) {
  const { people } = useApp();
  const { url, description, events, status, pauseReason, failingSince } = endpoint;
  const { createdAt, createdBy } = endpoint;
  return (
    <>
      <header>
        <h2 dir="ltr">{url}</h2>
        <StatusTag endpoint={endpoint} />
      </header>
      {description && <p dir="auto">{description}</p>}
      {pauseReason && <p class="note warning">{i().pauseReasons[pauseReason]}</p>}
      {failingSince && status !== "paused" && (
        <p class="note warning">{i().failingSince(shortMomentOf(failingSince))}</p>
      )}
      <ul class="code-list" aria-label={i().events}>
        {events.map((name) => (
          <li key={name}>
            <code dir="ltr" title={i().eventNames[name]}>{name}</code>
          </li>
        ))}
      </ul>
      <p class="muted small">
        {i().created(dateOf(createdAt))} {i().by(people.nameOf(createdBy))}
      </p>
    </>
  );
}

async function read(
  client: ChatClient,
  webhookId: string,
): Promise<{ endpoint: Endpoint | null }> {
  try {
    return { endpoint: await client.call("admin.webhook", { webhookId }) };
  } catch (error) {
    const isMissing = error instanceof ChatError &&
      (error.code === "not_found" || error.code === "invalid_request");
    if (isMissing) return { endpoint: null };
    throw error;
  }
}
