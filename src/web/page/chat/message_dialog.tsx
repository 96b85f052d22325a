import type { LocalMessage } from "../../../client/mod.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import type { ChatState } from "../state/chat.ts";
import { emojiTexts } from "../texts/emoji/emoji.ts";
import { lazilyWithTexts } from "../texts/more.ts";
import { writing } from "../texts/writing/writing.ts";
import { ForwardDialog } from "./forward_dialog.tsx";
import type { MessageDialogKind } from "./message_act.ts";
import { MessageInfo } from "./message_info.tsx";

const ReactionDialog = emojiTexts.lazily(async () => {
  return (await import("../emoji/reaction_dialog.tsx")).ReactionDialog;
});
const ReportDialog = lazilyWithTexts(async () => {
  return (await import("../details/report_dialog.tsx")).ReportDialog;
});

interface MessageDialogProps {
  kind: MessageDialogKind;
  message: LocalMessage;
  chat: ChatState;
  onClose(): void;
}

export function MessageDialog({ kind, message, chat, onClose }: MessageDialogProps) {
  const { client } = useApp();
  if (kind === "forward") return <ForwardDialog message={message} onClose={onClose} />;
  if (kind === "info") return <MessageInfo message={message} chat={chat} onClose={onClose} />;
  if (kind === "report") return <ReportDialog message={message} onClose={onClose} />;
  return (
    <ReactionDialog
      title={writing.t().reactTitle}
      onPick={(emoji) => void attempt(() => client.react(chat.id, message.id, emoji))}
      onClose={onClose}
    />
  );
}
