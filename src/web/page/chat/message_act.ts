import type { LocalMessage } from "../../../client/mod.ts";
import type { ChatState } from "../state/chat.ts";
import type { SignedIn } from "../state/signed_in.ts";
import type { WritingMode } from "./writing_mode.ts";

/** Actions on one message. */
export interface MessageActions {
  reply(message: LocalMessage): void;
  edit(message: LocalMessage): void;
  remove(message: LocalMessage): void;
  react(message: LocalMessage, emoji: string, remove: boolean): void;
  copy(message: LocalMessage): void;
  copyLink(message: LocalMessage): void;
  pin(message: LocalMessage): void;
  open(kind: MessageDialogKind, message: LocalMessage): void;
  /** Sends a message, or a change of one, again that the server refused. */
  resend(clientId: string): void;
  discard(clientId: string): void;
  /** Scrolls to the message, wherever in the history it is. */
  show(id: string): void;
}

export type MessageDialogKind = "forward" | "info" | "react" | "report";

/** A dialog about a message; one at a time. */
export type OpenDialog = { kind: MessageDialogKind; message: LocalMessage } | null;

export interface ActionHost {
  onMode(mode: WritingMode): void;
  onDialog(dialog: OpenDialog): void;
  /** Scrolls to a message that is loaded. */
  show(id: string): void;
}

/** Does something with a message; the code is loaded with the first use. */
export type Act = <Name extends keyof MessageActions>(
  name: Name,
  ...args: Parameters<MessageActions[Name]>
) => void;

export function messageAct(app: SignedIn, chat: ChatState, host: ActionHost): Act {
  return async (name, ...args) => {
    const { messageActions } = await import("./message_actions.ts");
    const actions = messageActions(app, chat, host);
    (actions[name] as (...given: typeof args) => void)(...args);
  };
}
