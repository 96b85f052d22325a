import { type ChangeEvent, useEffect, useState, useSyncExternalStore } from "react";
import { createRoot } from "react-dom/client";
import { ChatClient, indexedDbStore, type Observable } from "realtimechat-client";

const url = import.meta.env.VITE_SERVER ?? "http://localhost:5000";
const client = new ChatClient({ url, storage: await indexedDbStore("chat") });
if (await client.resume()) client.connect();
createRoot(document.getElementById("root")!).render(<App />);

function useView<T>({ subscribe, getSnapshot }: Observable<T>): T {
  return useSyncExternalStore(subscribe, getSnapshot);
}

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
  const rows = useView(client.inbox);
  const state = useView(client.connection);
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
  const chat = client.chat(chatId);
  const { rows, hasOlder } = useView(chat.messages);
  const typing = useView(chat.typing);
  const { text } = useView(chat.draft);
  useEffect(() => chat.markRead(), [chat, rows]);
  const send = () => void chat.sendDraft().catch(() => {}); // It stays as a "failed" row.
  async function sendPicture({ target: { files } }: ChangeEvent<HTMLInputElement>) {
    const { id } = await client.files.upload(files![0]);
    await chat.send({ mediaIds: [id] });
  }
  return (
    <section>
      {hasOlder && <button type="button" onClick={() => chat.loadOlder()}>Older</button>}
      {rows.map(({ clientId, senderId, text, media, status }) => (
        <p key={clientId}>
          <Name userId={senderId} />: {text} {status !== "sent" && <i>({status})</i>}
          {media.map(({ id }) => <Picture key={id} mediaId={id} />)}
        </p>
      ))}
      <p role="status">
        {typing.map((id) => <Name key={id} userId={id} />)}
        {typing.length > 0 && " is typing…"}
      </p>
      <form action={send}>
        <input
          placeholder="Message"
          value={text}
          onChange={(e) => chat.setDraft({ text: e.target.value })}
        />
        <button type="submit">Send</button>
        <input type="file" accept="image/*" onChange={sendPicture} />
      </form>
    </section>
  );
}

function Name({ userId }: { userId: string }) {
  return <b>{useView(client.people.view(userId)).name}</b>;
}

function Picture({ mediaId }: { mediaId: string }) {
  const url = useView(client.files.watchUrl(mediaId));
  return url ? <img src={url} alt="" height={120} /> : null;
}
