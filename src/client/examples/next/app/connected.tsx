"use client";

import { type ReactNode, useEffect, useState } from "react";
import { ChatClient } from "realtimechat-client";
import { ChatProvider } from "realtimechat-client/react";

async function chatToken(): Promise<string | null> {
  const response = await fetch("/chat-token");
  if (response.status === 401) return null;
  if (!response.ok) throw new Error(`No token for the chat: ${response.status}`);
  return await response.text();
}

/**
 * One client for the page. A server renders with a separate one, which never connects; React's
 * StrictMode connects, closes and connects.
 */
export function Connected({ url, children }: { url: string; children: ReactNode }) {
  const [client] = useState(() => new ChatClient({ url, token: chatToken }));
  useEffect(() => {
    client.connect();
    return () => void client.close();
  }, [client]);
  return <ChatProvider client={client}>{children}</ChatProvider>;
}
