"use client";

import { useEffect } from "react";
import { useComposer, useMessages, usePerson } from "realtimechat-client/react";

export function Chat({ chatId }: { chatId: string }) {
  const { rows, markRead } = useMessages(chatId);
  const { text, setText, send } = useComposer(chatId);
  useEffect(() => markRead(), [rows]);
  return (
    <form action={() => send()}>
      {rows.map(({ clientId, senderId, text, status }) => (
        <p key={clientId}>
          <Name userId={senderId} />: {text} ({status})
        </p>
      ))}
      <input placeholder="Message" value={text} onChange={(e) => setText(e.target.value)} />
      <button type="submit">Send</button>
    </form>
  );
}

function Name({ userId }: { userId: string }) {
  return <b>{usePerson(userId).name}</b>;
}
