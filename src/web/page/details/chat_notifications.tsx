import { useApp } from "../app/context.ts";
import { attempt } from "../components/attempt.ts";
import { Section } from "../components/section.tsx";
import { Select } from "../components/select.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import type { ChatState } from "../state/chat.ts";
import { momentOf } from "../texts/format.ts";
import { m } from "../texts/more.ts";

const HOUR_MS = 3_600_000;
/** End of a mute without an end: the server takes a time, so it is far in the future. */
const FOREVER = "2999-01-01T00:00:00.000Z";

type Level = "all" | "mentions" | "none";

export function ChatNotifications({ chat }: { chat: ChatState }) {
  const { client } = useApp();
  const [settings, setSettings] = useLoaded(() => {
    return client.call("chat.notifications", { chatId: chat.id });
  });
  if (settings === null) return null;
  const change = (input: { level?: Level; mutedUntil?: string | null }) =>
    attempt(async () =>
      setSettings(await client.call("chat.notify", { chatId: chat.id, ...input }))
    );
  const { level, mutedUntil } = settings;
  const isMuted = mutedUntil !== null && Date.parse(mutedUntil) > Date.now();
  const mute = (choice: string) => {
    const hours: Record<string, number> = { hour: 1, day: 24 };
    const until = choice in hours
      ? new Date(Date.now() + hours[choice] * HOUR_MS).toISOString()
      : choice === "always"
      ? FOREVER
      : null;
    return change({ mutedUntil: until });
  };
  const choices = {
    none: m().notMuted,
    hour: m().muteHour,
    day: m().muteDay,
    always: m().muteAlways,
  };
  const current: Record<string, string> = isMuted && mutedUntil < FOREVER
    ? { now: m().mutedUntil(momentOf(mutedUntil)) }
    : {};
  return (
    <Section title={m().notifications}>
      <Select
        label={m().notifications}
        options={{ all: m().notifyAll, mentions: m().notifyMentions, none: m().notifyNone }}
        value={level}
        onChange={(value) => void change({ level: value as Level })}
      />
      <Select
        label={m().mute}
        options={{ ...current, ...choices }}
        value={!isMuted ? "none" : mutedUntil < FOREVER ? "now" : "always"}
        onChange={(choice) => void mute(choice)}
      />
    </Section>
  );
}
