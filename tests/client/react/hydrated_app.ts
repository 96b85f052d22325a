/** A small app on all hooks, which `hydration_test.ts` renders on a server and in a page. */
import { createElement as h, type ReactElement, StrictMode } from "react";
import type { ChatClient } from "../../../src/client/mod.ts";
import {
  ChatProvider,
  useChat,
  useChats,
  useComposer,
  useConnection,
  useFailed,
  useFileUrl,
  useMembers,
  useMessages,
  usePeople,
  usePerson,
  usePresence,
  useRequests,
  useTyping,
} from "../../../src/client/react/mod.ts";

/** Known when a page is requested: its address, and who requests it. */
export interface Shown {
  chatId: string;
  userId: string;
}

export function hydratedApp(client: ChatClient, shown: Shown): ReactElement {
  return h(StrictMode, null, h(ChatProvider, { client }, h(Chat, shown) as never) as never);
}

function Chat({ chatId, userId }: Shown): ReactElement {
  const shown = {
    connection: useConnection(),
    titles: useChats().map(({ title }) => title),
    title: useChat(chatId)?.title ?? null,
    texts: useMessages(chatId).rows.map(({ text }) => text),
    members: useMembers(chatId).length,
    draft: useComposer(chatId).text,
    typing: useTyping(chatId).length,
    name: usePerson(userId).name,
    names: usePeople([userId]).map(({ name }) => name),
    presence: usePresence(userId)?.state ?? null,
    failed: useFailed().length,
    requests: useRequests().length,
    file: useFileUrl("1"),
  };
  return h("pre", { id: "shown" }, JSON.stringify(shown));
}
