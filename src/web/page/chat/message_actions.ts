import type { LocalMessage } from "../../../client/mod.ts";
import type { ChatState } from "../state/chat.ts";
import { hrefOf } from "../state/route.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { deleteSoon } from "./deletions.ts";
import type { ActionHost, MessageActions } from "./message_act.ts";

/** Pages of history that are fetched to find the message that a reply is about. */
const MAX_PAGES = 20;

/** Everything that can be done with a message; see `MessageActions`. */
export function messageActions(app: SignedIn, chat: ChatState, host: ActionHost): MessageActions {
  const { client } = app;
  const report = (work: Promise<unknown>) => {
    work.catch((error) => showToast(faultText(error)));
  };
  // It is shown at once and sent when there is a connection; a refusal shows at the message itself.
  const queue = (work: Promise<unknown>) => void work.catch(() => {});
  const copy = async (text: string, done: string) => {
    await navigator.clipboard.writeText(text);
    showToast(done);
  };
  return {
    reply: (message) => host.onMode({ kind: "reply", message }),
    edit: (message) => host.onMode({ kind: "edit", message }),
    remove: (message) => report(deleteSoon(app, message)),
    react: ({ id }, emoji, remove) => queue(client.react(chat.id, id, emoji, remove)),
    copy: ({ text }) => report(copy(text, t().copied)),
    copyLink: ({ id }) => {
      const url = new URL(hrefOf(chat.id, id), location.href).href;
      report(writing.load().then(() => copy(url, writing.t().linkCopied)));
    },
    pin: ({ id, pinnedAt }) => queue(client.pin(chat.id, id, pinnedAt !== null)),
    open: (kind, message) => host.onDialog({ kind, message }),
    resend: (clientId) => queue(client.resend(chat.id, clientId)),
    discard: (clientId) => report(client.discard(chat.id, clientId)),
    show: (id) => void show(chat, id, host),
  };
}

async function show(chat: ChatState, id: string, host: ActionHost): Promise<void> {
  for (let pages = 0; !isHere(chat, id) && chat.hasOlder && pages < MAX_PAGES; pages++) {
    await chat.loadOlder();
  }
  if (isHere(chat, id)) host.show(id);
}

function isHere(chat: ChatState, id: string): boolean {
  return chat.client.model.messagesOf(chat.id).some((message: LocalMessage) => message.id === id);
}
