import type { ContactRequest } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Avatar } from "../components/avatar.tsx";
import { Dialog } from "../components/dialog.tsx";
import { goTo } from "../state/route.ts";
import { signalOf } from "../state/signal_of.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

/** Invitations to groups, and people who would like to write. */
export function RequestsDialog({ onClose }: { onClose(): void }) {
  const requests = signalOf(useApp().client.requests).value;
  return (
    <Dialog title={t().requests} onClose={onClose}>
      {requests.length === 0 && <p class="muted">{m().noRequests}</p>}
      <ul class="requests">
        {requests.map((request) => (
          <RequestRow key={request.id} request={request} onAccepted={onClose} />
        ))}
      </ul>
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}

function RequestRow({ request, onAccepted }: { request: ContactRequest; onAccepted(): void }) {
  const { requests } = useApp().client;
  const { id, kind, from, chat, chatId, text } = request;
  const name = from.displayName || from.username;
  const accept = async () => {
    if (!await attempt(() => requests.accept(id))) return;
    goTo(chatId);
    onAccepted();
  };
  return (
    <li class="request">
      <Avatar id={from.id} name={name} size="s" />
      <div>
        <p>{kind === "group" ? m().invitesYou(name, chat.name) : m().wantsToWrite(name)}</p>
        {text && <p class="muted small" dir="auto">{text}</p>}
        <div class="row-buttons">
          <button type="button" class="button primary" onClick={() => void accept()}>
            {m().accept}
          </button>
          <button
            type="button"
            class="button secondary"
            onClick={() => void attempt(() => requests.decline(id))}
          >
            {m().decline}
          </button>
        </div>
      </div>
    </li>
  );
}
