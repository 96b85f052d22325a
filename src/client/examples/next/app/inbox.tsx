"use client";

import Link from "next/link";
import { useChats, useConnection } from "realtimechat-client/react";

export function Inbox() {
  const state = useConnection();
  return (
    <nav>
      <p>{state === "online" ? "Connected" : "Connecting…"}</p>
      {useChats().map(({ chatId, title, unread }) => (
        <Link key={chatId} href={`/chat/${chatId}`}>{title} ({unread} unread)</Link>
      ))}
    </nav>
  );
}
