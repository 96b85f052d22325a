import { momentOf, shortMomentOf } from "../../texts/format.ts";
import { i } from "../../texts/integrations/integrations.ts";
import { answerText } from "./answer_text.ts";
import type { Delivery } from "./deliveries.tsx";

const TAGS: Record<Delivery["status"], string> = {
  pending: "tag",
  delivered: "tag good",
  failed: "tag warning",
};
/** Kinds of events of a batch that are named. */
const MAX_KINDS = 5;

/** One request to an endpoint, and what was answered. */
export function DeliveryCard({ delivery, onAgain }: { delivery: Delivery; onAgain(): void }) {
  const { events, status, attempts, createdAt, nextAttemptAt, answer } = delivery;
  const kinds = [...new Set(events.map(({ type }) => type))];
  return (
    <article class="admin-card" aria-label={`${kinds[0]} ${shortMomentOf(createdAt)}`}>
      <header>
        <h3 class="code-list">
          {kinds.slice(0, MAX_KINDS).map((kind) => <code key={kind} dir="ltr">{kind}</code>)}
          {events.length > 1 && <span class="small">× {events.length}</span>}
        </h3>
        <span class={TAGS[status]}>{i().deliveryStatuses[status]}</span>
      </header>
      <p class="muted small">
        <time dateTime={createdAt} title={momentOf(createdAt)}>{shortMomentOf(createdAt)}</time>
        {" · "}
        {i().attempts(attempts)}
        {nextAttemptAt && ` · ${i().nextAttempt(shortMomentOf(nextAttemptAt))}`}
      </p>
      {answer && <p class="small">{answerText(answer)}</p>}
      {answer && answer.body !== "" && (
        <details>
          <summary class="small">{i().answerBody}</summary>
          <pre class="answer-body" dir="auto" tabIndex={0}>{answer.body}</pre>
        </details>
      )}
      <div class="row-buttons">
        <button type="button" class="button secondary" onClick={onAgain}>{i().redeliver}</button>
      </div>
    </article>
  );
}
