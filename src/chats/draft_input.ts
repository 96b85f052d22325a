import type { Handshake, StoredWelcome } from "../model/handshake.ts";
import type { Membership } from "../model/membership.ts";
import type { Message } from "../model/message.ts";

export type NewMessage = Omit<Message, "chatId" | "seq" | "rev">;

/** The fields of a handshake that its place in the chat decides. */
type Place = "chatId" | "rev" | "generation" | "epoch";

/** A Commit for the chat's current epoch, with its group info and Welcomes. */
export interface NewHandshake {
  handshake: Omit<Handshake, Place>;
  groupInfo: string;
  welcomes: Omit<StoredWelcome, Place>[];
  /** True for the first Commit of a new group, which replaces the chat's group. */
  restarts?: boolean;
}

/** A member to be added; settings that are left out get the defaults of a new member. */
export type NewMember =
  & Pick<Membership, "userId" | "role" | "joinedAt">
  & Partial<Pick<Membership, "addedByStranger">>;
