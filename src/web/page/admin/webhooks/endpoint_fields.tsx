import { Field } from "../../components/field.tsx";
import { i } from "../../texts/integrations/integrations.ts";
import { CheckList } from "../check_list.tsx";
import type { Endpoint } from "./endpoint_list.tsx";

/** Maximum of the server, and what it takes by default. */
const MAX_BATCH = 100;

interface EndpointFieldsProps {
  /** Absent for a new one. */
  endpoint?: Endpoint;
  events: Endpoint["events"];
  onEvents(events: Endpoint["events"]): void;
}

/** Fields of a form for a new endpoint, or for changes of one. */
export function EndpointFields({ endpoint, events, onEvents }: EndpointFieldsProps) {
  return (
    <>
      <Field
        name="url"
        label={i().address}
        hint={i().addressHint}
        type="url"
        maxLength={2048}
        defaultValue={endpoint?.url}
        autoComplete="off"
        dir="ltr"
      />
      <Field
        name="description"
        label={i().description}
        required={false}
        maxLength={200}
        defaultValue={endpoint?.description}
        autoComplete="off"
        dir="auto"
      />
      <CheckList
        label={i().events}
        options={i().eventNames}
        chosen={events}
        onChange={onEvents}
      />
      <Field
        name="batchSize"
        label={i().batchSize}
        hint={i().batchHint}
        type="number"
        min={1}
        max={MAX_BATCH}
        defaultValue={endpoint?.batchSize ?? MAX_BATCH}
      />
    </>
  );
}

export function endpointOf(
  { url, description, batchSize }: Record<string, string>,
  events: Endpoint["events"],
) {
  return { url, description: description.trim(), batchSize: Number(batchSize), events };
}
