/** A small chat app on the hooks, which `hooks_test.ts` bundles and opens in a browser. */
import {
  createElement as h,
  memo,
  type ReactNode,
  StrictMode,
  useEffect,
  useState,
  version,
} from "react";
import { createRoot } from "react-dom/client";
import { ChatClient } from "../../../src/client/mod.ts";
import {
  ChatProvider,
  useChats,
  useComposer,
  useConnection,
  useFileUrl,
  useMembers,
  useMessages,
  usePeople,
  usePerson,
  usePresence,
  useTyping,
} from "../../../src/client/react/mod.ts";

const renders: Record<string, number> = {};
Object.assign(globalThis, { renders, reactVersion: version });

function counted(name: string): void {
  renders[name] = (renders[name] ?? 0) + 1;
}

function App(): ReactNode {
  const [open, setOpen] = useState<string | null>(null);
  return h("main", null, h(Connection), h(Inbox, { setOpen }), open && h(Chat, { id: open }));
}

function Connection(): ReactNode {
  counted("connection");
  return h("p", { id: "connection" }, useConnection());
}

function Inbox({ setOpen }: { setOpen: (id: string) => void }): ReactNode {
  counted("inbox");
  return useChats().map(({ chatId, title, unread, lastMessage }) => {
    const text = `${title} (${unread}): ${lastMessage?.text ?? ""}`;
    return h("button", { key: chatId, className: "chat", onClick: () => setOpen(chatId) }, text);
  });
}

function Chat({ id }: { id: string }): ReactNode {
  const { rows, hasOlder, loadOlder, markRead } = useMessages(id);
  const composer = useComposer(id);
  const typing = useTyping(id).map(({ name }) => name).join();
  const newest = rows.at(-1)?.seq;
  const members = useMembers(id);
  useEffect(() => markRead(), [newest]);
  return h(
    "section",
    null,
    h("p", { id: "members" }, members.length),
    h(Names, { ids: members.map(({ userId }) => userId).join() }),
    hasOlder && h("button", { id: "older", onClick: () => loadOlder() }, "Older"),
    rows.map((row) => {
      return h("p", { key: row.clientId, className: "message" }, h(Message, { row }));
    }),
    h("p", { id: "typing" }, typing && `${typing} is typing`),
    h("input", {
      id: "text",
      value: composer.text,
      onChange: ({ target }: { target: HTMLInputElement }) => composer.setText(target.value),
    }),
    h("button", { id: "send", onClick: () => composer.send() }, "Send"),
  );
}

/** Renders only when somebody's name changes: `usePeople` has to notice. */
const Names = memo(({ ids }: { ids: string }): ReactNode => {
  return h("p", { id: "names" }, usePeople(ids.split(",")).map(({ name }) => name).sort().join());
});

function Message({ row }: { row: ReturnType<typeof useMessages>["rows"][number] }): ReactNode {
  const { name } = usePerson(row.senderId);
  const state = usePresence(row.senderId)?.state;
  const picture = row.media.map(({ id }) => h(Picture, { key: id, id }));
  return [`${name}/${state}: ${row.text}`, ...picture];
}

function Picture({ id }: { id: string }): ReactNode {
  return h("img", { src: useFileUrl(id) ?? undefined });
}

const { url, id, username, token } = JSON.parse(atob(location.hash.slice(1)));
const client = new ChatClient({ url });
const user = { id, username } as never;
await client.useSession({ user, accessToken: token, refreshToken: "none", expiresIn: 3_600 });
client.connect();
createRoot(document.getElementById("root")!).render(
  h(StrictMode, null, h(ChatProvider, { client }, h(App) as never) as never),
);
