/**
 * Hooks for React 18 and 19, each over a view of the client. A component renders again only if the
 * data that it uses has changed.
 */
// @ts-types="./react.d.ts"
import * as React from "react";
import type { MemberView } from "../../api/views/member.ts";
import type { ChatClient } from "../chat_client.ts";
import type { ContactRequest } from "../contact_requests.ts";
import type { Conversation, MessagesSnapshot } from "../conversation.ts";
import type { InboxRow } from "../inbox.ts";
import type { LocalMessage, Presence } from "../local_chat.ts";
import type { SendContent } from "../pending_row.ts";
import type { People, Person } from "../people.ts";
import type { ConnectionState } from "../socket.ts";
import type { Observable } from "../view.ts";
import type { ReactElement } from "./react.d.ts";
import { sendDraft } from "./send_draft.ts";
import {
  noDraft,
  noMessages,
  none,
  noRow,
  notConnected,
  noUrl,
  unknownPerson,
} from "./server_snapshots.ts";

const ClientContext = React.createContext<ChatClient | null>(null);

export interface ChatProviderProps {
  client: ChatClient;
  // deno-lint-ignore no-explicit-any
  children?: any;
}

/** Provides the client to the hooks of all components inside. It neither connects nor closes it. */
export function ChatProvider({ client, children }: ChatProviderProps): ReactElement {
  return React.createElement(ClientContext.Provider, { value: client, children });
}

/** The client of the nearest `ChatProvider`. Throws if there is none. */
export function useClient(): ChatClient {
  const client = React.useContext(ClientContext);
  if (client) return client;
  throw new Error("Cannot use the chat client: no <ChatProvider client={client}> is around this");
}

/**
 * The snapshot of any view of the client, such as `client.requests`. An app that renders on a
 * server passes what the view returns there: always the same reference.
 */
export function useView<T>(view: Observable<T>, onServer: () => T = view.getSnapshot): T {
  return React.useSyncExternalStore(view.subscribe, view.getSnapshot, onServer);
}

/** `online`, `connecting`, `waiting` for the next attempt, `refused` (sign in again) or `idle`. */
export function useConnection(): ConnectionState {
  return useView(useClient().connection, notConnected);
}

/** The list of chats, the most recent first. */
export function useChats(): readonly InboxRow[] {
  return useView(useClient().inbox, none);
}

/** One row of the list of chats; undefined for a chat that is not in it. */
export function useChat(chatId: string): InboxRow | undefined {
  return useView(useConversation(chatId).row, noRow);
}

/** Requests for consent that wait for an answer: see `client.requests.accept` and `decline`. */
export function useRequests(): readonly ContactRequest[] {
  return useView(useClient().requests, none);
}

/** Messages that the server has refused: see `client.resend` and `client.discard`. */
export function useFailed(): readonly LocalMessage[] {
  return useView(useClient().failed, none);
}

export interface Messages extends MessagesSnapshot {
  /** Loads messages older than the oldest loaded one; false if there are none. */
  loadOlder: (limit?: number) => Promise<boolean>;
  /** Marks messages up to `seq` as read; without it, all loaded messages. */
  markRead: (seq?: number) => void;
}

/** The messages of a chat, fetched when they are first shown. `clientId` is the key for a list. */
export function useMessages(chatId: string): Messages {
  const chat = useConversation(chatId);
  const snapshot = useView(chat.messages, noMessages);
  return React.useMemo(() => ({
    ...snapshot,
    loadOlder: (limit) => chat.loadOlder(limit),
    markRead: (seq) => chat.markRead(seq),
  }), [chat, snapshot]);
}

/** The members of a chat, fetched when they are first shown. */
export function useMembers(chatId: string): readonly MemberView[] {
  return useView(useConversation(chatId).members, none);
}

export interface Composer {
  text: string;
  /** The id of the message that the draft replies to. */
  replyTo: string | undefined;
  /** Call it on every change of the field: keeps the draft, and signals that the user is typing. */
  setText: (text: string) => void;
  setReplyTo: (messageId: string | undefined) => void;
  /**
   * Sends the draft and empties it; does nothing without text and files. The message is shown
   * immediately. If the server refuses it, it stays as `failed`, with its text.
   */
  send: (content?: Omit<SendContent, "text" | "replyTo">) => void;
}

/** The field in which a message is written. It restores the chat's draft. */
export function useComposer(chatId: string): Composer {
  const chat = useConversation(chatId);
  const draft = useView(chat.draft, noDraft);
  return React.useMemo(() => ({
    text: draft.text,
    replyTo: draft.replyTo,
    setText: (text) => chat.setDraft({ ...chat.draft.getSnapshot(), text }),
    setReplyTo: (replyTo) => chat.setDraft({ ...chat.draft.getSnapshot(), replyTo }),
    send: (content) => sendDraft(chat, content),
  }), [chat, draft]);
}

/** The users who are typing in a chat now, except the caller. */
export function useTyping(chatId: string): readonly Person[] {
  return usePeople(useView(useConversation(chatId).typing, none));
}

/** A user; their name is empty until it is known. */
export function usePerson(userId: string): Person {
  const { people } = useClient();
  const unknown = React.useMemo(() => unknownPerson(userId), [userId]);
  return useView(React.useMemo(() => personView(people, userId), [people, userId]), () => unknown);
}

/** The view of a person, which is first asked for, and so fetched, outside a server's rendering. */
function personView(people: People, userId: string): Observable<Person> {
  return {
    subscribe: (listener) => people.view(userId).subscribe(listener),
    getSnapshot: () => people.get(userId),
  };
}

/** Several users; the array stays the same until one of them changes. */
export function usePeople(userIds: readonly string[]): readonly Person[] {
  const { people } = useClient();
  const ids = userIds.join();
  const unknown = React.useMemo(() => userIds.map(unknownPerson), [ids]);
  return useView(React.useMemo(() => viewOf(people, userIds), [people, ids]), () => unknown);
}

function viewOf(people: People, userIds: readonly string[]): Observable<readonly Person[]> {
  let last: Person[] = [];
  return {
    subscribe: (listener) => people.subscribe((id) => void (userIds.includes(id) && listener())),
    getSnapshot() {
      const next = userIds.map((userId) => people.get(userId));
      const isSame = next.every((each, i) => each === last[i]);
      return isSame ? last : last = next;
    },
  };
}

/** Presence of a user, as far as they show it; null until it is known. */
export function usePresence(userId: string): Presence | null {
  return usePerson(userId).presence;
}

/** A URL for `<img>` and similar elements, renewed before it expires; null until it is known. */
export function useFileUrl(mediaId: string): string | null {
  return useView(useClient().files.watchUrl(mediaId), noUrl);
}

function useConversation(chatId: string): Conversation {
  return useClient().chat(chatId);
}
