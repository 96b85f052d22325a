import { useApp } from "../app/context.ts";
import { Section } from "../components/section.tsx";
import { useLoaded } from "../components/use_loaded.ts";
import { FoundMessage } from "../search/found_message.tsx";
import type { ChatState } from "../state/chat.ts";
import { goToMessage } from "../state/route.ts";
import { m } from "../texts/more.ts";

/** Pinned messages, those pinned last first. */
export function Pins({ chat, onOpen }: { chat: ChatState; onOpen(): void }) {
  const { client } = useApp();
  const [pins] = useLoaded(async () => {
    return (await client.call("message.pinned", { chatId: chat.id })).items;
  });
  if (pins === null || pins.length === 0) return null;
  return (
    <Section title={m().pins}>
      <ul>
        {pins.map((message) => (
          <FoundMessage
            key={message.id}
            message={message}
            onOpen={() => {
              onOpen();
              goToMessage(chat.id, message.id);
            }}
          />
        ))}
      </ul>
    </Section>
  );
}
