import { useEffect, useRef, useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { InChat } from "../encryption/in_chat.ts";
import type { ChatState } from "../state/chat.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { ChatHeader } from "./chat_header.tsx";
import { Composer } from "./composer.tsx";
import type { OpenDialog } from "./message_act.ts";
import { MessageList } from "./message_list.tsx";
import { TypingLine } from "./typing_line.tsx";
import { useFileDrop } from "./use_file_drop.ts";
import type { WritingMode } from "./writing_mode.ts";

const MessageDialog = writing.lazily(async () => {
  return (await import("./message_dialog.tsx")).MessageDialog;
});

export function OpenChat({ chat }: { chat: ChatState }) {
  const app = useApp();
  const [mode, setMode] = useState<WritingMode>(null);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const isOnline = app.connection.value === "online";
  const hasLeft = chat.hasLeft.value;
  const { frozen } = chat;
  useEffect(() => {
    if (!isOnline || hasLeft) return;
    // A fault here is tried again with the next connection.
    chat.open().catch((error) => console.warn("Opening the chat failed:", error));
  }, [chat, isOnline, hasLeft]);
  const pane = useRef<HTMLDivElement>(null);
  const isDropping = useFileDrop(pane, (files) => !hasLeft && !frozen && chat.uploads.add(files));
  return (
    <div class="open-chat" ref={pane}>
      {isDropping && <p class="drop-hint">{t().dropHere}</p>}
      <ChatHeader chat={chat} />
      {chat.row.value?.encrypted && <InChat notices={chat} />}
      <MessageList chat={chat} onMode={setMode} onDialog={setDialog} />
      {hasLeft || frozen ? <Closed reason={hasLeft ? t().left : frozenText(frozen!)} /> : (
        <>
          <TypingLine chat={chat} />
          <Composer chat={chat} mode={mode} onMode={setMode} />
        </>
      )}
      {dialog && <MessageDialog {...dialog} chat={chat} onClose={() => setDialog(null)} />}
    </div>
  );
}

/** In place of the composer. */
function Closed({ reason }: { reason: string }) {
  return <p class="chat-left muted" role="status" dir="auto">{reason}</p>;
}

function frozenText({ reason }: NonNullable<ChatState["frozen"]>): string {
  return reason === "" ? t().frozen : `${t().frozen} ${reason}`;
}
