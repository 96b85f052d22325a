import { useState } from "preact/hooks";
import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import type { ChatState } from "../state/chat.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";

/** Asks for a confirmation: only another member can undo leaving. */
export function Leaving({ chat, onLeft }: { chat: ChatState; onLeft(): void }) {
  const { client } = useApp();
  const [isAsking, setAsking] = useState(false);
  const leave = async () => {
    const input = { groupId: chat.id, userId: chat.myId };
    if (await attempt(() => client.call("group.remove", input))) onLeft();
  };
  if (!isAsking) {
    return (
      <Section title={m().leaveGroup}>
        <button type="button" class="button danger" onClick={() => setAsking(true)}>
          {m().leaveGroup}
        </button>
      </Section>
    );
  }
  return (
    <Section title={m().leaveTitle}>
      <p class="muted small">{m().leaveText}</p>
      <div class="row-buttons">
        <button type="button" class="button danger" onClick={() => void leave()}>
          {m().leaveGroup}
        </button>
        <button type="button" class="button secondary" onClick={() => setAsking(false)}>
          {t().cancel}
        </button>
      </div>
    </Section>
  );
}
