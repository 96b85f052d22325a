import type { ChatCommit, ChatStep } from "../model/chat_step.ts";
import type { NewWebhookEvent } from "../model/webhook.ts";

/** Returns the event of each revision of a commit, without those of shadowed messages. */
export function eventsOfCommit({ chatId, steps }: ChatCommit): NewWebhookEvent[] {
  return steps.filter((step) => !isShadowed(step)).map((step) => ({
    type: step.type,
    id: idOf(chatId, step),
    chatId,
    rev: step.rev,
  }));
}

/** Only the sender of a shadowed message knows of it. */
function isShadowed(step: ChatStep): boolean {
  return "message" in step && step.message.shadow;
}

function idOf(chatId: string, step: ChatStep): string {
  if (step.type === "member.updated") return step.member.userId;
  return step.type === "chat.updated" || step.type === "mls.commit" ? chatId : step.message.id;
}
