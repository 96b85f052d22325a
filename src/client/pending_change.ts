/** A change of one message. */
export type MessageChange =
  /** Without `mentions` the previous ones stay. */
  | { kind: "edit"; text: string; mentions?: string[] }
  | { kind: "reaction"; emoji: string; remove: boolean }
  | { kind: "delete" }
  | { kind: "pin"; remove: boolean };

/**
 * A change that the server does not have: it is shown and waits to be sent, or, with a `failure`,
 * it was refused and is not shown. See `ChatClient.resend` and `ChatClient.discard`.
 */
export type PendingChange = MessageChange & {
  chatId: string;
  messageId: string;
  /** Identifies the change. */
  clientId: string;
  /** Time at which it was made. */
  at: string;
  /** The reason why the server refused it. */
  failure?: string;
};
