import { useState } from "preact/hooks";
import { Section } from "../components/section.tsx";
import { account } from "../texts/account/account.ts";
import { integrations } from "../texts/integrations/integrations.ts";
import { m } from "../texts/more.ts";

const HookList = integrations.lazily(async () => {
  // The style of dialogs that ask.
  await account.load();
  return (await import("./hook_list.tsx")).HookList;
});

/**
 * Seldom needed: fetched when they are asked for. For owner and admins of a group without
 * encryption.
 */
export function IncomingHooks({ chatId }: { chatId: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <Section title={m().incomingHooks}>
      <button
        type="button"
        class="button secondary"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {m().manageHooks}
      </button>
      {isOpen && <HookList chatId={chatId} />}
    </Section>
  );
}
