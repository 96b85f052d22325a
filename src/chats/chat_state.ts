import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";
import type { SenderRun } from "./draft_members.ts";

/** The rows of a chat that every change is checked against, as of the head `chat.rev`. */
export interface ChatState {
  readonly chat: Chat;
  readonly members: ReadonlyMap<string, Membership>;
  /** Unknown after a read of the rows. */
  readonly run?: SenderRun | null;
}
