import { useEffect, useRef, useState } from "preact/hooks";
import type { ChatClient } from "../../../client/mod.ts";
import type { MessageView } from "../../../api/views/message.ts";
import { useApp } from "../app/context.ts";
import { Dialog } from "../components/dialog.tsx";
import { goToMessage, openChatId } from "../state/route.ts";
import { faultText } from "../texts/fault_text.ts";
import { m } from "../texts/more.ts";
import { t } from "../texts/texts.ts";
import { writing } from "../texts/writing/writing.ts";
import { FoundMessage } from "./found_message.tsx";

/** Milliseconds after the last key until the server is asked. */
const DEBOUNCE_MS = 250;
/** Pages that are read at once while they are empty. */
const MAX_PAGES = 20;

/** Messages of all chats, or of the open one, by their words. */
export function SearchDialog({ onClose }: { onClose(): void }) {
  const [text, setText] = useState("");
  const [chatId, setChatId] = useState(openChatId.peek());
  const { found, next, status, more } = useFound(text.trim(), chatId);
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
      {next !== null && (
        <button type="button" class="button secondary" onClick={more}>
          {writing.t().moreResults}
        </button>
      )}
      <div class="dialog-buttons">
        <button type="button" class="button secondary" onClick={onClose}>{t().close}</button>
      </div>
    </Dialog>
  );
}

interface Found {
  found: MessageView[];
  /** Cursor of further ones; null if there are none. */
  next: string | null;
  status: string;
}

const NOTHING: Found = { found: [], next: null, status: "" };

function useFound(text: string, chatId: string): Found & { more(): void } {
  const { client } = useApp();
  const [state, setState] = useState(NOTHING);
  const wanted = useRef(0);
  const read = async (before: Found) => {
    const turn = ++wanted.current;
    const next = { ...before, status: "" };
    try {
      const input = { q: text, ...(chatId !== "" && { chatId }) };
      const page = await search(client, input, before.next ?? undefined);
      next.found = [...before.found, ...page.items];
      next.next = page.next;
      if (next.found.length === 0) next.status = m().nothingFound(text);
    } catch (error) {
      next.status = faultText(error);
    }
    if (turn === wanted.current) setState(next);
  };
  useEffect(() => {
    wanted.current++;
    if (text === "") return setState(NOTHING);
    const timer = setTimeout(() => void read(NOTHING), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, chatId]);
  return { ...state, more: () => void read(state) };
}

/** Reads on until something is found: a page may be empty and still have a next one. */
async function search(
  client: ChatClient,
  input: { q: string; chatId?: string },
  cursor: string | undefined,
): Promise<{ items: MessageView[]; next: string | null }> {
  for (let pages = 1;; pages++) {
    const { items, next } = await client.call("message.search", { ...input, cursor });
    if (items.length > 0 || next === null || pages === MAX_PAGES) return { items, next };
    cursor = next;
  }
}
