import { ChatList } from "./chat_list.tsx";
import { ChatView } from "./chat_view.tsx";

/** In the address, before the id of a person: their chats only. */
const OF_PERSON = "of-";

/** Finds chats, or shows the one in the address. */
export function ChatsTab({ target }: { target: string }) {
  if (target === "") return <ChatList key="" />;
  return target.startsWith(OF_PERSON)
    ? <ChatList key={target} memberId={target.slice(OF_PERSON.length)} />
    : <ChatView key={target} chatId={target} />;
}
