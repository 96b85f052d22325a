import type { UserView } from "../api/views/user.ts";
import type { ChatView } from "../api/views/chat.ts";
import type { MemberView } from "../api/views/member.ts";
import type { ComposerDraft } from "./drafts.ts";
import type { CountedUnread, LocalChat, LocalMessage } from "./local_chat.ts";
import { fromUtf8, utf8 } from "./mls/encoding.ts";
import type { Bytes } from "./mls/encoding.ts";

/** Written only once the chats of its incarnation are written too. */
export interface HeadRecord {
  /** The history that the cursors of all chats belong to. */
  incarnation: string;
  blocked: string[];
}

export interface PeopleRecord {
  people: UserView[];
}

/** One record for each chat, so that a tab does not overwrite a draft of another one. */
export type DraftRecord = ComposerDraft;

/** A chat with its newest messages: one record for the cursor and the rows that it stands for. */
export interface ChatRecord {
  chat: ChatView;
  members: MemberView[];
  messages: LocalMessage[];
  completeFrom: number;
  cursor: number;
  untold: string[];
  sealed: string[];
  peerId: string | null;
  muted: boolean;
  counted: CountedUnread;
  /** The user has left the chat. */
  isLeft: boolean;
  /** The seq up to which the chat was marked as read, if the server does not have it yet. */
  readMark?: number;
}

/**
 * Steps that migrate a record of version n + 1 to the next one, by index n. A release that changes
 * a record adds a step at the end, and a fixture to tests/client/persistence_test.ts.
 */
const STEPS: readonly ((record: Record<string, unknown>) => Record<string, unknown>)[] = [];
const VERSION = STEPS.length + 1;

const MAX_MEMBERS = 100;
const MIN_MESSAGES = 50;
const MAX_MESSAGES = 1_000;

export function encodeRecord(record: object): Bytes {
  return utf8(JSON.stringify({ v: VERSION, ...record }));
}

/** Throws for an unreadable record, for example one of a later version. */
export function decodeRecord<T>(bytes: Bytes): T {
  const { v, ...stored } = JSON.parse(fromUtf8(bytes));
  if (!(v >= 1 && v <= VERSION)) throw new RangeError(`Cannot read a record of version ${v}`);
  return STEPS.slice(v - 1).reduce<Record<string, unknown>>(
    (record, step) => step(record),
    stored,
  ) as T;
}

export function chatRecord(
  local: LocalChat,
  { isLeft, readMark, userId }: { isLeft: boolean; readMark?: number; userId: string },
): ChatRecord {
  const { chat, cursor, untold, sealed, peerId, muted, counted } = local;
  const all = [...local.messages.values()].filter(({ seq }) => seq >= local.completeFrom)
    .sort((a, b) => a.seq - b.seq);
  const messages = all.slice(-messagesKept(all, sealed));
  const isCut = messages.length < all.length;
  return {
    chat,
    cursor,
    peerId,
    muted,
    counted,
    isLeft,
    readMark,
    messages,
    members: membersKept([...local.members.values()], userId),
    completeFrom: isCut ? messages[0].seq : local.completeFrom,
    untold: [...untold],
    sealed: [...sealed],
  };
}

export function localChat(record: ChatRecord): LocalChat {
  const { chat, cursor, peerId, muted, counted, completeFrom, untold, sealed } = record;
  return {
    chat,
    cursor,
    peerId,
    muted,
    counted,
    completeFrom,
    members: new Map(record.members.map((member) => [member.userId, member])),
    messages: new Map(record.messages.map((message) => [message.id, message])),
    untold: new Set(untold),
    sealed: new Set(sealed),
  };
}

/** Returns how many of the newest messages to keep: a screen's first, and those not announced yet. */
function messagesKept(all: LocalMessage[], sealed: ReadonlySet<string>): number {
  const first = all.findIndex(({ id }) => sealed.has(id));
  const unannounced = first === -1 ? 0 : all.length - first;
  return Math.min(Math.max(MIN_MESSAGES, unannounced), MAX_MESSAGES);
}

function membersKept(members: MemberView[], userId: string): MemberView[] {
  const kept = members.slice(0, MAX_MEMBERS);
  const self = members.find((member) => member.userId === userId);
  return self && !kept.includes(self) ? [self, ...kept] : kept;
}
