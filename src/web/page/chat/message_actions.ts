import type { LocalMessage } from "../../../client/mod.ts";
import type { ChatState } from "../state/chat.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { showToast } from "../state/toast.ts";
import { faultText } from "../texts/fault_text.ts";
import { t } from "../texts/texts.ts";
import type { WritingMode } from "./writing_mode.ts";

/** Pages of history that are fetched to find the message that a reply is about. */
const MAX_PAGES = 20;

/** Actions on one message. */
export interface MessageActions {
  reply(message: LocalMessage): void;
  edit(message: LocalMessage): void;
  remove(message: LocalMessage): void;
  react(message: LocalMessage, emoji: string, remove: boolean): void;
  copy(message: LocalMessage): void;
  pin(message: LocalMessage): void;
  /** Sends a message, or a change of one, again that the server refused. */
  resend(clientId: string): void;
  discard(clientId: string): void;
  /** Scrolls to the message, wherever in the history it is. */
  show(id: string): Promise<void>;
}

export function messageActions(
  { client }: SignedIn,
  chat: ChatState,
  host: { onMode(mode: WritingMode): void; show(id: string): void },
): MessageActions {
  const report = (work: Promise<unknown>) =>
    work.then(() => {}, (error) => showToast(faultText(error)));
  // It is shown at once and sent when there is a connection; a refusal shows at the message itself.
  const queue = (work: Promise<unknown>) => void work.catch(() => {});
  return {
    reply: (message) => host.onMode({ kind: "reply", message }),
    edit: (message) => host.onMode({ kind: "edit", message }),
    remove: ({ id }) => queue(client.delete(id)),
    react: ({ id }, emoji, remove) => queue(client.react(chat.id, id, emoji, remove)),
    copy: ({ text }) => {
      void report(navigator.clipboard.writeText(text).then(() => showToast(t().copied)));
    },
    pin: ({ id, pinnedAt }) => queue(client.pin(chat.id, id, pinnedAt !== null)),
    resend: (clientId) => queue(client.resend(chat.id, clientId)),
    discard: (clientId) => void report(client.discard(chat.id, clientId)),
    show: async (id) => {
      for (let pages = 0; !isHere(chat, id) && chat.hasOlder && pages < MAX_PAGES; pages++) {
        await chat.loadOlder();
      }
      if (isHere(chat, id)) host.show(id);
    },
  };
}

function isHere(chat: ChatState, id: string): boolean {
  return chat.client.model.messagesOf(chat.id).some((message) => message.id === id);
}
