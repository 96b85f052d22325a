import { computed, type ReadonlySignal } from "@preact/signals";
import type { MemberView } from "../../../api/views/member.ts";
import type { ChatState } from "../state/chat.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { writing } from "../texts/writing/writing.ts";

/** A line between the messages about something that happened in a group. */
export interface HistoryLine {
  key: string;
  /** Time at which it happened. */
  at: string;
  text: string;
}

/**
 * Returns who created a group, joined and left it, by time: as far as the rows of the members tell,
 * which know the last time only. Where the server writes messages about it, those stand in their
 * place.
 */
export function historyLines(app: SignedIn, chat: ChatState): ReadonlySignal<HistoryLine[]> {
  return computed(() => {
    const group = chat.group;
    if (!group) return [];
    const reported = new Set(chat.messages.value.map(({ metadata }) => metadata?.type));
    const isJoiningReported = reported.has("member.joined");
    const isLeavingReported = reported.has("member.left") || reported.has("member.removed");
    const { createdAt, createdBy } = group;
    const name = (userId: string) => app.people.nameOf(userId);
    const created = createdBy === chat.myId
      ? writing.t().youCreated
      : writing.t().created(name(createdBy));
    const lines = [{ key: "created", at: createdAt, text: created }];
    // The first members join in the moment of the creation.
    const isFirst = ({ joinedAt }: MemberView) => joinedAt <= createdAt;
    for (const member of chat.members.value) {
      const { userId, joinedAt, leftAt } = member;
      if (userId === createdBy && isFirst(member) && leftAt === null) continue;
      if (!isFirst(member) && !isJoiningReported) {
        const text = userId === chat.myId
          ? writing.t().youJoined
          : writing.t().joined(name(userId));
        lines.push({ key: `joined ${userId}`, at: joinedAt, text });
      }
      if (leftAt !== null && !isLeavingReported) {
        lines.push({ key: `left ${userId}`, at: leftAt, text: writing.t().left(name(userId)) });
      }
    }
    return lines.sort((a, b) => a.at < b.at ? -1 : 1);
  });
}
