import { useApp } from "../app/context.ts";
import { Avatar } from "../components/avatar.tsx";
import { Dialog } from "../components/dialog.tsx";
import type { ChatState } from "../state/chat.ts";
import { encryptionArea } from "../texts/encryption/encryption.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { ChatNotifications } from "./chat_notifications.tsx";
import { GroupForm } from "./group_form.tsx";
import { IncomingHooks } from "./incoming_hooks.tsx";
import { Leaving } from "./leaving.tsx";
import { Members } from "./members.tsx";
import { PersonActions } from "./person_actions.tsx";
import { Pins } from "./pins.tsx";

const ChatEncryption = encryptionArea.lazily(async () =>
  (await import("../encryption/chat_encryption.tsx")).ChatEncryption
);

/** Everything about a chat that is not its messages. */
export function ChatDetails({ chat, onClose }: { chat: ChatState; onClose(): void }) {
  const { people } = useApp();
  const row = chat.row.value;
  const title = row?.title || t().someone;
  const peerId = row?.peerId ?? null;
  const about = peerId === null ? chat.description : people.person(peerId).bio;
  const mayChange = chat.isGroup && chat.myRole !== "member";
  return (
    <Dialog title={m().details} onClose={onClose}>
      <div class="details-head">
        <Avatar id={peerId ?? chat.id} name={title} mediaId={row?.avatarMediaId} size="l" />
        <strong>
          <bdi>{title}</bdi>
        </strong>
        {peerId !== null && <span class="muted">@{people.person(peerId).username}</span>}
        {about !== "" && <p class="muted" dir="auto">{about}</p>}
      </div>
      {row?.encrypted && <ChatEncryption chat={chat} />}
      <Pins chat={chat} onOpen={onClose} />
      <ChatNotifications chat={chat} />
      {peerId !== null && <PersonActions userId={peerId} />}
      {mayChange && <GroupForm chat={chat} />}
      {chat.isGroup && <Members chat={chat} />}
      {mayChange && !row?.encrypted && <IncomingHooks chatId={chat.id} />}
      {chat.isGroup && <Leaving chat={chat} onLeft={onClose} />}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}
