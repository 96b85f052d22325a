import { useState } from "preact/hooks";
import type { MemberView } from "../../../api/views/member.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Avatar } from "../components/avatar.tsx";
import { BotMark } from "../components/bot_mark.tsx";
import { IconButton } from "../components/icon_button.tsx";
import type { ChatState } from "../state/chat.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

export function MemberRow({ chat, member }: { chat: ChatState; member: MemberView }) {
  const app = useApp();
  const { client, people } = app;
  const [isOpen, setOpen] = useState(false);
  const { userId, role } = member;
  const name = people.nameOf(userId);
  const isMe = userId === chat.myId;
  const isOwner = chat.myRole === "owner";
  // An admin removes plain members; only the owner decides on roles.
  const mayRemove = !isMe && role !== "owner" &&
    (isOwner || (chat.myRole === "admin" && role === "member"));
  const setRole = (next: MemberView["role"]) =>
    attempt(() => client.call("group.role", { groupId: chat.id, userId, role: next }));
  const remove = () =>
    attempt(async () => {
      if (!chat.row.value?.encrypted) {
        return await client.call("group.remove", { groupId: chat.id, userId });
      }
      await (await import("../encryption/begin.ts")).removePerson(app, chat.id, userId);
    });
  const action = (label: string, run: () => Promise<unknown>) => (
    <button
      type="button"
      class="link-button"
      onClick={() => {
        setOpen(false);
        void run();
      }}
    >
      {label}
    </button>
  );
  return (
    <li>
      <div class="list-row">
        <Avatar
          id={userId}
          name={name}
          mediaId={people.person(userId).avatarMediaId}
          size="s"
          presenceOf={userId}
        />
        <div class="ellipsis">
          <bdi>{isMe ? t().you : name}</bdi>
        </div>
        <BotMark userId={userId} />
        {role !== "member" && <span class="tag">{role === "owner" ? m().owner : m().admin}</span>}
        {mayRemove && (
          <IconButton
            icon="more"
            label={m().memberActions(name)}
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          />
        )}
      </div>
      {isOpen && (
        <div class="member-actions">
          {isOwner && role === "member" && action(m().makeAdmin, () => setRole("admin"))}
          {isOwner && role === "admin" && action(m().makeMember, () => setRole("member"))}
          {isOwner && action(m().makeOwner, () => setRole("owner"))}
          {action(m().removeMember, remove)}
        </div>
      )}
    </li>
  );
}
