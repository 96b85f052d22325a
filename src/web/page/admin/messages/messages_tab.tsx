import { useState } from "preact/hooks";
import { useApp } from "../../app/context.ts";
import { mo } from "../../texts/moderation/moderation.ts";
import { adminHref } from "../admin_href.ts";
import { MessageList, type MessageQuery } from "./message_list.tsx";

/** In the address, before an id: messages of one chat, or by one person. */
const IN_CHAT = "in-";
const BY_PERSON = "by-";

/** Finds messages. Reading them is recorded, so nothing is shown before it is asked for. */
export function MessagesTab({ target }: { target: string }) {
  return <Finder key={target} place={placeOf(target)} />;
}

function Finder({ place }: { place: Omit<MessageQuery, "q"> }) {
  const isNarrowed = Object.keys(place).length > 0;
  const [query, setQuery] = useState<MessageQuery | null>(isNarrowed ? place : null);
  const find = (event: SubmitEvent) => {
    event.preventDefault();
    const q = String(new FormData(event.currentTarget as HTMLFormElement).get("q")).trim();
    setQuery({ ...place, ...(q !== "" && { q }) });
  };
  return (
    <>
      <p class="muted">{mo().messagesText}</p>
      <form class="filters" onSubmit={find}>
        <label class="field">
          <span>{mo().findMessages}</span>
          <input
            name="q"
            type="search"
            class="input"
            maxLength={200}
            placeholder={mo().findMessagesHint}
            autocomplete="off"
            spellcheck={false}
            dir="auto"
          />
        </label>
        <button type="submit" class="button primary">{mo().find}</button>
      </form>
      {isNarrowed && <Place place={place} />}
      {query && <MessageList query={query} />}
    </>
  );
}

function Place({ place: { chatId, senderId } }: { place: Omit<MessageQuery, "q"> }) {
  const { people } = useApp();
  return (
    <div class="chosen-person">
      {senderId && <span>{mo().messagesBy(people.nameOf(senderId))}</span>}
      {chatId && (
        <span>
          {mo().messagesOfChat} <a href={adminHref("chats", chatId)}>{mo().openChat}</a>
        </span>
      )}
      <a class="button secondary" href={adminHref("messages")}>{mo().allMessages}</a>
    </div>
  );
}

function placeOf(target: string): Omit<MessageQuery, "q"> {
  if (target.startsWith(IN_CHAT)) return { chatId: target.slice(IN_CHAT.length) };
  if (target.startsWith(BY_PERSON)) return { senderId: target.slice(BY_PERSON.length) };
  return {};
}
