import type { EncryptionEvents } from "./encryption/context.ts";
import type { ServerEvents } from "./events.ts";
import type { LocalMessage } from "./local_chat.ts";
import type { ConnectionState } from "./socket.ts";

export type ClientEvents =
  & { [Name in keyof ServerEvents]: { event: Name } & ServerEvents[Name] }
  & EncryptionEvents
  & {
    /** Whether there is a connection; see `ChatClient.state`. */
    state: ConnectionState;
    /** The session is over: sign in again. */
    signedOut: void;
    /** Something in the background failed, and will be tried again. */
    fault: unknown;
    /**
     * A message that is new here: live, or caught up on after a break. Each comes once, the caller's own
     * included; an encrypted one comes once it was read.
     */
    message: { chatId: string; message: LocalMessage };
  };
