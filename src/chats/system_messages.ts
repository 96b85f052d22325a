import type { SystemMetadata, SystemType } from "../model/message.ts";
import { systemMessage, type SystemReport } from "../model/system_messages.ts";
import type { ChatDraft } from "./chat_draft.ts";

const REPORTS: Partial<Record<SystemType, SystemReport>> = {
  "member.joined": "joined",
  "member.left": "left",
  "member.removed": "removed",
  "chat.renamed": "renamed",
  "chat.picture": "picture",
};

/** Reports a change of a chat in the draft that makes it, if the configuration asks for it. */
export type ReportChange = (draft: ChatDraft, change: SystemMetadata) => void;

/**
 * Returns the writer of system messages; one without an actor has the creator of the chat as its
 * sender, for its place in the table. Encrypted chats get none: their members see the Commits.
 * Neither does a chat without members.
 */
export function systemReports(reports: readonly SystemReport[]): ReportChange {
  return (draft, metadata) => {
    const report = REPORTS[metadata.type];
    if (report === undefined || !reports.includes(report)) return;
    if (draft.chat.encrypted || draft.chat.memberCount === 0) return;
    const content = { senderId: metadata.by ?? draft.chat.createdBy, metadata, custom: null };
    draft.insertMessage(systemMessage(content, draft.now));
  };
}
