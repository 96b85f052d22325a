import type { Collection, Document, Filter } from "mongodb";
import { forEachOf } from "../../core/concurrency.ts";
import type { UnreadCount, UnreadQuery } from "../message_store.ts";
import { eq } from "./documents.ts";
import type { MessageDocument } from "./message_collection.ts";

/** Queries that one call counts. */
const QUERIES_AT_ONCE = 50;
/** Calls in flight. */
const CALLS_AT_ONCE = 4;

type Counts = UnreadCount & { _id: string };

interface Asked {
  query: UnreadQuery;
  /** Index in the result. */
  at: number;
}

/**
 * Counts as `unread` specifies. Queries of few positions share a call, each with its own range of
 * the index; of many positions it takes one call each, which reads from the newest message on and
 * stops at its limit.
 */
export async function countUnread(
  messages: Collection<MessageDocument>,
  queries: UnreadQuery[],
  cap: number,
): Promise<UnreadCount[]> {
  const counts = queries.map(() => ({ unread: 0, mentions: 0 }));
  await forEachOf(callsOf(queries, 2 * cap), CALLS_AT_ONCE, async (asked) => {
    const found = await messages.aggregate<Counts>(pipelineOf(asked, 2 * cap)).toArray();
    const byChat = new Map(found.map((row) => [row._id, row]));
    for (const { query, at } of asked) {
      const { unread = 0, mentions = 0 } = byChat.get(query.chatId) ?? {};
      counts[at] = { unread: Math.min(cap, unread), mentions: Math.min(cap, mentions) };
    }
  });
  return counts;
}

/**
 * Returns the queries that can find anything, by call: those that share one are of one person,
 * leave out the same senders, and are of different chats.
 */
function callsOf(queries: UnreadQuery[], maxRows: number): Asked[][] {
  const asked = queries.map((query, at) => ({ query, at }))
    .filter(({ query }) => positionsOf(query) > 0);
  const isLong = ({ query }: Asked) => positionsOf(query) > maxRows;
  const shared: Asked[][] = [];
  for (const each of asked.filter((each) => !isLong(each))) {
    const call = shared.find((call) => mayShare(call, each));
    if (call) call.push(each);
    else shared.push([each]);
  }
  return [...shared, ...asked.filter(isLong).map((each) => [each])];
}

function mayShare(call: Asked[], { query }: Asked): boolean {
  const { userId, exceptSenderIds } = call[0].query;
  return call.length < QUERIES_AT_ONCE && query.userId === userId &&
    query.exceptSenderIds === exceptSenderIds &&
    call.every((asked) => asked.query.chatId !== query.chatId);
}

function positionsOf({ readSeq, lastSeq }: UnreadQuery): number {
  return lastSeq - readSeq;
}

function pipelineOf(asked: Asked[], maxRows: number): Document[] {
  const [{ query }] = asked;
  const newest = [{ $match: rangeOf(query) }, { $sort: { seq: -1 } }, { $limit: maxRows }];
  const mentioned = { $cond: [{ $in: [query.userId, "$mentions"] }, 1, 0] };
  return [
    ...(positionsOf(query) > maxRows ? newest : []),
    { $match: { $or: asked.map(({ query }) => rangeOf(query)), ...countedFor(query) } },
    { $project: { chatId: 1, mentioned } },
    { $group: { _id: "$chatId", unread: { $sum: 1 }, mentions: { $sum: "$mentioned" } } },
  ];
}

function rangeOf({ chatId, readSeq, lastSeq }: UnreadQuery): Filter<MessageDocument> {
  return { chatId: eq(chatId), seq: { $gt: eq(readSeq), $lte: eq(lastSeq) } };
}

/** Beside the ranges: conditions within one may keep a database from using its index. */
function countedFor({ userId, exceptSenderIds }: UnreadQuery): Filter<MessageDocument> {
  return {
    senderId: { $nin: [userId, ...exceptSenderIds] },
    deletedAt: null,
    shadow: { $ne: true },
    $nor: [{ kind: { $ne: "encrypted" }, media: { $size: 0 }, text: "" }],
  };
}
