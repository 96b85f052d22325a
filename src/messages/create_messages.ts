import type { ChatAccess } from "../chats/chat_access.ts";
import type { ChatWriter } from "../chats/chat_writer.ts";
import type { ContactPolicy } from "../chats/contact_policy.ts";

import type { Shadows } from "../chats/shadows.ts";
import type { DirectChats } from "../chats/direct_chats.ts";
import type { Clock } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { AttachmentSource } from "./attachment_source.ts";
import type { MessageServices } from "./handlers.ts";
import { type EditLimits, MessageEditor } from "./message_editor.ts";
import { MessageReader } from "./message_reader.ts";
import { ServerMessages } from "./server_messages.ts";
import type { MessageScreen } from "./message_screen.ts";
import { type EpochOfMessage, MessageSender, type SendLimits } from "./message_sender.ts";

export interface MessagesOptions {
  store: Store;
  writer: ChatWriter;
  direct: DirectChats;
  contactPolicy: ContactPolicy;
  access: ChatAccess;
  attachments: AttachmentSource;
  epochOfMessage: EpochOfMessage;
  screen: MessageScreen;
  shadows: Pick<Shadows, "has">;
  clock: Clock;
  limits: SendLimits & EditLimits & { pins: number; pageSize: number };
}

export function createMessages(options: MessagesOptions): MessageServices {
  const { store, writer, direct, contactPolicy, access, attachments, epochOfMessage } = options;
  const { screen, shadows, clock, limits } = options;
  const isShadowed = (userId: string) => shadows.has(userId);
  return {
    sender: new MessageSender({
      writer,
      direct,
      contactPolicy,
      attachments,
      epochOfMessage,
      screen,
      isShadowed,
      clock,
      limits,
    }),
    editor: new MessageEditor({
      store,
      writer,
      contactPolicy,
      screen,
      isShadowed,
      clock,
      limits,
    }),
    reader: new MessageReader(store, access, limits),
    server: new ServerMessages(writer),
  };
}
