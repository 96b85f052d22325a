import type { ChatView } from "../../api/views/chat.ts";
import type { MediaView } from "../../api/views/media.ts";
import type { MemberView } from "../../api/views/member.ts";
import type { MessageView } from "../../api/views/message.ts";
import type { AdminReportView } from "../../api/views/report.ts";
import type { UserView } from "../../api/views/user.ts";
import type { ScreenedMessage } from "../../model/screened_message.ts";

/** A message, or a new text of one, that the server asks about before it is stored. */
export type BeforeMessage = ScreenedMessage;

/** `data` of each event, by its type. */
export interface WebhookEvents {
  "message.created": MessageView;
  "message.updated": MessageView;
  "message.deleted": MessageView;
  "chat.updated": ChatView;
  "member.updated": MemberView;
  "mls.commit": {
    chatId: string;
    rev: number;
    senderId: string;
    generation: number;
    epoch: number;
  };
  "user.created": UserView;
  "user.updated": UserView;
  "user.deleted": { id: string };
  "media.ready": MediaView;
  "media.deleted": { id: string };
  "report.created": AdminReportView;
  "webhook.test": { id: string };
  /** The message hook's question: the response decides. */
  "before.message": BeforeMessage;
}

/** One event of a request, told apart by `type`. */
export type WebhookEvent = {
  [Type in keyof WebhookEvents]: {
    /** The same at every attempt: ignore an event that you have seen. */
    id: string;
    type: Type;
    timestamp: string;
    /** Absent outside a chat, as `rev` is. */
    chatId?: string;
    /** The revision of the chat; events of a chat come in this order. */
    rev?: number;
    /** As it was when it was sent; null if it no longer existed. */
    data: WebhookEvents[Type] | null;
  };
}[keyof WebhookEvents];
