import { useEffect, useState } from "preact/hooks";
import type { Output } from "../../../../client/mod.ts";
import { useApp } from "../../app/context.ts";
import { account } from "../../texts/account/account.ts";
import { faultText } from "../../texts/fault_text.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { t } from "../../texts/texts.ts";
import { MessageLines } from "../message_lines.tsx";

/** Messages on either side: at first, and at most. */
const FEW = 5;
const MANY = 50;

/** A message among those before and after it. */
export function MessageContext({ messageId }: { messageId: string }) {
  const { client } = useApp();
  const [around, setAround] = useState(FEW);
  const [found, setFound] = useState<Output<"admin.messageContext"> | null>(null);
  const [fault, setFault] = useState("");
  useEffect(() => {
    client.call("admin.messageContext", { messageId, before: around, after: around })
      .then(setFound, (error) => setFault(faultText(error)));
  }, [around]);
  if (fault !== "") return <p class="fault" role="alert">{fault}</p>;
  if (found === null) return <p class="muted small">{t().loading}</p>;
  return (
    <section class="message-context" aria-label={mo().context}>
      {found.items.map((message) => (
        <MessageLines key={message.id} message={message} isMarked={message.id === messageId} />
      ))}
      {around === FEW && (
        <button
          type="button"
          class="button secondary"
          onClick={() => setAround(MANY)}
        >
          {account.t().more}
        </button>
      )}
    </section>
  );
}
