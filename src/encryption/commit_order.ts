import { AppError } from "../core/errors.ts";
import type { Chat } from "../model/chat.ts";
import type { Membership } from "../model/membership.ts";

/** Position of a chat, or of a Commit, in the order of Commits. */
export type GroupEpoch = Pick<Chat, "generation" | "epoch">;

type Place = GroupEpoch & { restarts: boolean };

/** True if the Commit follows on the current epoch of the chat. */
export function isCurrent(chat: GroupEpoch, { generation, epoch, restarts }: Place): boolean {
  return restarts
    ? generation === chat.generation + 1
    : generation === chat.generation && epoch === chat.epoch;
}

export function requireCurrent(chat: GroupEpoch, input: Place): void {
  if (input.restarts && chat.epoch === 0) {
    throw new AppError("conflict", "Cannot restart the MLS group: the chat has none yet");
  }
  if (!isCurrent(chat, input)) throw staleEpoch(input, chat);
}

/**
 * Throws `forbidden` for a member of a group without a role; in a direct chat both members may
 * restart.
 */
export function requireMayRestart(
  { kind }: Pick<Chat, "kind">,
  { role }: Pick<Membership, "role">,
): void {
  if (kind === "direct" || role !== "member") return;
  const message = "Cannot restart the MLS group: only the group's owner and admins may";
  throw new AppError("forbidden", message);
}

export function staleEpoch(theirs: GroupEpoch, current: GroupEpoch): AppError {
  const named = ({ generation, epoch }: GroupEpoch) => `epoch ${epoch} of group ${generation}`;
  const message = `Cannot commit: it is for ${named(theirs)}, but the chat has ${named(current)}`;
  return new AppError("stale_epoch", message);
}
