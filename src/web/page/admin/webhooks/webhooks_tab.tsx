import { i } from "../../texts/integrations/integrations.ts";
import { EndpointList } from "./endpoint_list.tsx";
import { EndpointView } from "./endpoint_view.tsx";
import { MessageHook } from "./message_hook.tsx";

/** Endpoints that receive events, and the server that is asked before a message is stored. */
export function WebhooksTab({ target }: { target: string }) {
  if (target !== "") return <EndpointView key={target} webhookId={target} />;
  return (
    <>
      <p class="muted">{i().endpointsText}</p>
      <EndpointList />
      <MessageHook />
    </>
  );
}
