import type { EncryptionEvents } from "./encryption/context.ts";
import type { ServerEvents } from "./events.ts";
import type { LocalMessage } from "./local_chat.ts";
import type { ConnectionState } from "./socket.ts";

export type ClientEvents =
  & { [Name in keyof ServerEvents]: { event: Name } & ServerEvents[Name] }
  & EncryptionEvents
  & {
    /** The state of the connection has changed; see `ChatClient.state`. */
    state: ConnectionState;
    /** The session is over: sign in again. */
    signedOut: void;
    /** Background work failed, and will be tried again. */
    fault: unknown;
    /**
     * A message that is new to the client: live, or caught up on after a break. Each is announced
     * once, including the caller's own; an encrypted one once it has been decrypted.
     */
    message: { chatId: string; message: LocalMessage };
  };
