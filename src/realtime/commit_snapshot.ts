import type { Changes } from "../api/views/changes.ts";
import type { ChatCommit } from "../model/chat_step.ts";
import type { Membership } from "../model/membership.ts";

/** Returns the rows as the last step of the commit left them, without the first `skipped` steps. */
export function snapshotOf(commit: ChatCommit, skipped: number): Changes {
  const members = new Map<string, Membership>();
  const snapshot: Changes = {
    chatId: commit.chatId,
    after: commit.after + skipped,
    rev: commit.rev,
    messages: [],
    members: [],
    commits: [],
    chat: null,
    more: false,
  };
  for (const step of commit.steps.slice(skipped)) {
    if (step.type === "member.updated") {
      members.set(step.member.userId, step.member);
      snapshot.memberCount = step.memberCount;
    } else if (step.type === "chat.updated") snapshot.chat = step.chat;
    else if (step.type === "mls.commit") snapshot.commits.push(step.handshake);
    else snapshot.messages.push(step.message);
  }
  snapshot.members = [...members.values()];
  return snapshot;
}
