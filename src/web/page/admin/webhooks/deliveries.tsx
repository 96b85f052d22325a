import { useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { attempt } from "../../components/attempt.ts";
import { MoreButton } from "../../components/more_button.tsx";
import { Select } from "../../components/select.tsx";
import { usePages } from "../../components/use_pages.ts";
import { ConfirmDialog } from "../../settings/confirm_dialog.tsx";
import { showToast } from "../../state/toast.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { AdminSection } from "../admin_section.tsx";
import { DeliveryCard } from "./delivery_card.tsx";

export type Delivery = Output<"admin.redeliverWebhook">;

const PAGE = 20;

interface DeliveriesProps {
  webhookId: string;
  /** Another one reads the list again. */
  version: number;
  onChanged(): Promise<void>;
}

/** Requests to an endpoint, newest first, with the responses to them. */
export function Deliveries({ webhookId, version, onChanged }: DeliveriesProps) {
  const { client } = useApp();
  const [status, setStatus] = useState("");
  const [isAsking, setAsking] = useState(false);
  const filter = status === "" ? {} : { status: status as Delivery["status"] };
  const pages = usePages(
    `${status} ${version}`,
    (cursor) =>
      client.call("admin.webhookDeliveries", { webhookId, ...filter, cursor, limit: PAGE }),
  );
  const again = ({ id }: Delivery) =>
    attempt(async () => {
      const input = { webhookId, deliveryId: id };
      const sent = await client.call("admin.redeliverWebhook", input);
      pages.change((items) => items.map((each) => each.id === id ? sent : each));
    }, i().redeliveredNow);
  const failedAgain = async ({ period }: Record<string, string>) => {
    const since = new Date(Date.now() - Number(period) * 1000).toISOString();
    const input = { webhookId, since };
    const { redelivered } = await client.call("admin.redeliverFailedWebhooks", input);
    showToast(i().redelivered(redelivered));
    await onChanged();
  };
  return (
    <AdminSection title={i().deliveries}>
      <div class="filters">
        <Select
          label={i().deliveryStatus}
          options={i().deliveryStatuses}
          value={status}
          onChange={setStatus}
        />
        <button type="button" class="button secondary" onClick={() => void onChanged()}>
          {i().refresh}
        </button>
        <button type="button" class="button secondary" onClick={() => setAsking(true)}>
          {i().redeliverFailed}
        </button>
      </div>
      {pages.items?.length === 0 && <p class="muted">{i().noDeliveries}</p>}
      {pages.items?.map((delivery) => (
        <DeliveryCard
          key={delivery.id}
          delivery={delivery}
          onAgain={() => void again(delivery)}
        />
      ))}
      <MoreButton pages={pages} />
      {isAsking && <FailedDialog onConfirm={failedAgain} onClose={() => setAsking(false)} />}
    </AdminSection>
  );
}

interface FailedDialogProps {
  onConfirm(fields: Record<string, string>): Promise<void>;
  onClose(): void;
}

function FailedDialog({ onConfirm, onClose }: FailedDialogProps) {
  return (
    <ConfirmDialog
      title={i().redeliverFailed}
      label={i().redeliver}
      onConfirm={onConfirm}
      onClose={onClose}
    >
      <label class="field">
        <span>{i().redeliverSince}</span>
        <select name="period">
          {Object.entries(i().periods).map(([seconds, text]) => (
            <option key={seconds} value={seconds}>{text}</option>
          ))}
        </select>
      </label>
    </ConfirmDialog>
  );
}
