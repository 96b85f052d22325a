import { useEffect, useState } from "preact/hooks";
import type { MessageView } from "../../../api/views/message.ts";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { goToMessage, openChatId } from "../state/route.ts";
import { faultText } from "../texts/fault_text.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { FoundMessage } from "./found_message.tsx";

/** Milliseconds after the last key until the server is asked. */
const DEBOUNCE_MS = 250;

/** Messages of all chats, or of the open one, by their words. */
export function SearchDialog({ onClose }: { onClose(): void }) {
  const [text, setText] = useState("");
  const [chatId, setChatId] = useState(openChatId.peek());
  const { found, status } = useFound(text.trim(), chatId);
  const open = (message: MessageView) => {
    goToMessage(message.chatId, message.id);
    onClose();
  };
  return (
    <Dialog title={t().search} onClose={onClose}>
      <input
        class="input"
        type="search"
        aria-label={m().searchFor}
        placeholder={m().searchFor}
        autofocus
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      {openChatId.value !== "" && (
        <label class="check">
          <input
            type="checkbox"
            checked={chatId !== ""}
            onChange={({ currentTarget }) => {
              setChatId(currentTarget.checked ? openChatId.peek() : "");
            }}
          />
          {m().onlyThisChat}
        </label>
      )}
      <p class="muted small" role="status">{status}</p>
      <ul>
        {found.map((message) => (
          <FoundMessage
            key={message.id}
            message={message}
            onOpen={() => open(message)}
          />
        ))}
      </ul>
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}

function useFound(text: string, chatId: string): { found: MessageView[]; status: string } {
  const { client } = useApp();
  const [state, setState] = useState<{ found: MessageView[]; status: string }>({
    found: [],
    status: "",
  });
  useEffect(() => {
    if (text === "") return setState({ found: [], status: "" });
    let isStale = false;
    const timer = setTimeout(async () => {
      const next = { found: [] as MessageView[], status: "" };
      try {
        const input = { q: text, ...(chatId !== "" && { chatId }) };
        next.found = (await client.call("message.search", input)).items;
        if (next.found.length === 0) next.status = m().nothingFound(text);
      } catch (error) {
        next.status = faultText(error);
      }
      if (!isStale) setState(next);
    }, DEBOUNCE_MS);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [text, chatId]);
  return state;
}
