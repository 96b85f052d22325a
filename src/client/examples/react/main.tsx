import { type ChangeEvent, useEffect, useState } from "react";
import { createRoot } from "react-dom/client";
import { ChatClient, indexedDbStore } from "realtimechat-client";
import {
  ChatProvider,
  useChats,
  useClient,
  useComposer,
  useConnection,
  useFileUrl,
  useMessages,
  usePerson,
  useTyping,
} from "realtimechat-client/react";

const url = import.meta.env.VITE_SERVER ?? "http://localhost:5000";
const client = new ChatClient({ url, storage: await indexedDbStore("chat") });
if (await client.resume()) client.connect();
createRoot(document.getElementById("root")!).render(
  <ChatProvider client={client}>
    <App />
  </ChatProvider>,
);

function App() {
  const [isSignedIn, setSignedIn] = useState(client.user !== null);
  const [chatId, setChatId] = useState<string>();
  useEffect(() => client.on("signedOut", () => setSignedIn(false)), []);
  if (!isSignedIn) return <SignIn onDone={() => setSignedIn(true)} />;
  return (
    <main>
      <Inbox onOpen={setChatId} />
      {chatId && <Chat key={chatId} chatId={chatId} />}
    </main>
  );
}

function SignIn({ onDone }: { onDone(): void }) {
  const [failure, setFailure] = useState("");
  async function signIn(form: FormData) {
    const [identifier, password] = ["name", "password"].map((name) => String(form.get(name)));
    try {
      const result = await client.signIn({ identifier, password });
      if ("challenge" in result) return setFailure("Your second factor is needed");
      client.connect();
      onDone();
    } catch (error) {
      setFailure((error as Error).message);
    }
  }
  return (
    <form action={signIn}>
      <input name="name" placeholder="Name" required />
      <input name="password" type="password" placeholder="Password" required />
      <button type="submit">Sign in</button>
      <p role="alert">{failure}</p>
    </form>
  );
}

function Inbox({ onOpen }: { onOpen(chatId: string): void }) {
  const rows = useChats();
  const state = useConnection();
  return (
    <nav>
      <p>{state === "online" ? "Connected" : "Connecting…"}</p>
      {rows.map(({ chatId, title, unread, lastMessage }) => (
        <button
          type="button"
          key={chatId}
          onClick={() => onOpen(chatId)}
        >
          <b>{title}</b> {lastMessage?.text} {unread > 0 && <mark>{unread}</mark>}
        </button>
      ))}
    </nav>
  );
}

function Chat({ chatId }: { chatId: string }) {
  const { rows, hasOlder, loadOlder, markRead } = useMessages(chatId);
  const { text, setText, send } = useComposer(chatId);
  const typing = useTyping(chatId);
  const { files } = useClient();
  useEffect(() => markRead(), [rows]);
  async function sendPicture({ target }: ChangeEvent<HTMLInputElement>) {
    const { id } = await files.upload(target.files![0]);
    send({ mediaIds: [id] });
  }
  return (
    <section>
      {hasOlder && <button type="button" onClick={() => loadOlder()}>Older</button>}
      {rows.map(({ clientId, senderId, text, media, status }) => (
        <p key={clientId}>
          <Name userId={senderId} />: {text} {status !== "sent" && <i>({status})</i>}
          {media.map(({ id }) => <Picture key={id} mediaId={id} />)}
        </p>
      ))}
      <p role="status">{typing.map(({ name }) => `${name} is typing…`)}</p>
      <form action={() => send()}>
        <input placeholder="Message" value={text} onChange={(e) => setText(e.target.value)} />
        <button type="submit">Send</button>
        <input type="file" accept="image/*" onChange={sendPicture} />
      </form>
    </section>
  );
}

function Name({ userId }: { userId: string }) {
  return <b>{usePerson(userId).name}</b>;
}

function Picture({ mediaId }: { mediaId: string }) {
  const url = useFileUrl(mediaId);
  return url ? <img src={url} alt="" height={120} /> : null;
}
