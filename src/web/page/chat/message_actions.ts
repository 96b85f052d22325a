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
  remove(message: LocalMessage): Promise<void>;
  react(message: LocalMessage, emoji: string, remove: boolean): void;
  copy(message: LocalMessage): void;
  pin(message: LocalMessage): void;
  resend(message: LocalMessage): void;
  discard(message: LocalMessage): void;
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
  return {
    reply: (message) => host.onMode({ kind: "reply", message }),
    edit: (message) => host.onMode({ kind: "edit", message }),
    remove: (message) => report(client.delete(message.id)),
    react: (message, emoji, remove) => {
      void report(client.react(chat.id, message.id, emoji, remove));
    },
    copy: ({ text }) => {
      void report(navigator.clipboard.writeText(text).then(() => showToast(t().copied)));
    },
    pin: ({ id, pinnedAt }) => {
      const input = { messageId: id, unpin: pinnedAt !== null };
      void report(
        client.call("message.pin", input).then((row) => {
          client.model.putMessages(chat.id, [row]);
        }),
      );
    },
    // How it ends shows at the message itself.
    resend: ({ clientId }) => void client.resend(chat.id, clientId).catch(() => {}),
    discard: ({ clientId }) => void report(client.discard(chat.id, clientId)),
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
