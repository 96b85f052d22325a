import { useState } from "preact/hooks";
import type { MemberView } from "../../../api/views/member.ts";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { PeopleFinder } from "../dialogs/people_finder.tsx";
import type { ChatState } from "../state/chat.ts";
import { showToast } from "../state/toast.ts";
import { m } from "../texts/more.ts";
import { MemberRow } from "./member_row.tsx";

const RANK: Record<MemberView["role"], number> = { owner: 0, admin: 1, member: 2 };

export function Members({ chat }: { chat: ChatState }) {
  const app = useApp();
  const { client, people } = app;
  const [isAdding, setAdding] = useState(false);
  const present = chat.members.value.filter(({ leftAt }) => leftAt === null)
    .toSorted((a, b) => RANK[a.role] - RANK[b.role]);
  const isManager = chat.myRole !== "member";
  const add = (userId: string) =>
    attempt(async () => {
      if (chat.row.value?.encrypted) {
        await (await import("../encryption/begin.ts")).addPerson(app, chat.id, userId);
        return showToast(m().added);
      }
      const { notAdded } = await client.call("group.add", { groupId: chat.id, userIds: [userId] });
      const [refused] = notAdded;
      showToast(refused ? m().notAdded[refused.reason](people.nameOf(userId)) : m().added);
    });
  return (
    <Section title={`${m().members} (${chat.row.value?.memberCount ?? present.length})`}>
      {isManager && (
        <button
          type="button"
          class="button secondary"
          aria-expanded={isAdding}
          onClick={() => setAdding(!isAdding)}
        >
          {m().addPeople}
        </button>
      )}
      {isAdding && (
        <PeopleFinder
          excluded={new Set(present.map(({ userId }) => userId))}
          onPick={({ id }) => void add(id)}
        />
      )}
      <ul>
        {present.map((member) => <MemberRow key={member.userId} chat={chat} member={member} />)}
      </ul>
    </Section>
  );
}
