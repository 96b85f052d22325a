import assert from "node:assert/strict";
import type { LocalChat, LocalMessage } from "../../src/client/local_chat.ts";
import { changedBy } from "../../src/client/message_change.ts";
import { didYouMean } from "../../src/client/nearest_name.ts";
import { withOwnReactions } from "../../src/client/own_reactions.ts";
import type { MessageChange } from "../../src/client/pending_change.ts";
import { unreadOf } from "../../src/client/unread.ts";

/** Rules that a client applies to its rows before the server has answered, or without it. */
const AT = "2026-01-02T00:00:00.000Z";

function message(fields: Partial<LocalMessage> = {}): LocalMessage {
  return {
    id: "m1",
    seq: 1,
    senderId: "ann",
    kind: "text",
    text: "hello",
    mentions: ["bob"],
    media: [],
    reactions: [],
    replyTo: "m0",
    editedAt: null,
    deletedAt: null,
    pinnedAt: null,
    ...fields,
  } as unknown as LocalMessage;
}

const changed = (row: LocalMessage, change: object) =>
  changedBy(row, { at: AT, ...change } as MessageChange & { at: string }, "me");

Deno.test("changedBy edits text and, if they are given, mentions", () => {
  const { text, mentions, editedAt } = changed(message(), { kind: "edit", text: "hi" });
  assert.deepEqual([text, mentions, editedAt], ["hi", ["bob"], AT]);
  assert.deepEqual(changed(message(), { kind: "edit", text: "hi", mentions: [] }).mentions, []);
});

Deno.test("changedBy deletes the content, and pins at most once", () => {
  const row = message({ pinnedAt: AT, media: [{}] as never, reactions: [{}] as never });
  const gone = changed(row, { kind: "delete" });
  const { text, media, mentions, reactions, replyTo, pinnedAt, deletedAt, id, seq } = gone;
  assert.deepEqual([text, media, mentions, reactions, replyTo, pinnedAt], [
    "",
    [],
    [],
    [],
    null,
    null,
  ]);
  assert.deepEqual([deletedAt, id, seq], [AT, "m1", 1]);
  const pin = (pinned: string | null, remove: boolean) =>
    changed(message({ pinnedAt: pinned }), { kind: "pin", remove }).pinnedAt;
  assert.deepEqual([pin(null, false), pin("before", false), pin("before", true)], [
    AT,
    "before",
    null,
  ]);
});

Deno.test("changedBy counts an own reaction once, also where the server lists only some users", () => {
  const react = (reactions: unknown[], remove = false) =>
    changed(message({ reactions: reactions as never }), { kind: "reaction", emoji: "👍", remove })
      .reactions;
  const of = (count: number, userIds: string[], mine?: boolean) => {
    return { emoji: "👍", count, userIds, ...mine !== undefined && { mine } };
  };
  const other = { emoji: "🎉", count: 1, userIds: ["ann"], mine: false };
  assert.deepEqual(react([]), [of(1, ["me"], true)]);
  assert.deepEqual(react([other, of(1, ["ann"], false)]), [other, of(2, ["ann", "me"], true)]);
  const mine = [of(2, ["ann", "me"], true), other];
  assert.equal(react(mine), mine, "it is there already");
  assert.equal(react([of(9, ["ann"], true)])[0].count, 9);
  assert.deepEqual(react(mine, true), [of(1, ["ann"], false), other]);
  assert.deepEqual(react([of(1, ["me"])], true), []);
  const none = [of(1, ["ann"], false)];
  assert.equal(react(none, true), none, "there is none to remove");
});

Deno.test("withOwnReactions knows own reactions from the listed users, from the change, and from before", () => {
  const many = { emoji: "👍", count: 9, userIds: ["ann"] };
  const mine = (change: object, known: object[] = [], userId: string | null = "me") =>
    withOwnReactions({ reactions: [many], ...change } as never, known as never, userId)[0].mine;
  assert.equal(mine({}), false);
  assert.equal(mine({}, [], "ann"), true);
  assert.equal(mine({}, [], null), false);
  assert.equal(mine({}, [{ emoji: "👍", mine: true }]), true);
  assert.equal(mine({}, [{ emoji: "🎉", mine: true }, { emoji: "👍", mine: false }]), false);
  const by = (userId: string, removed = false) => ({ reacted: [{ userId, emoji: "👍", removed }] });
  assert.equal(mine(by("me")), true);
  assert.equal(mine(by("ann")), false);
  assert.equal(mine(by("me", true), [{ emoji: "👍", mine: true }]), false);
  assert.equal(mine(by("ann", true), [{ emoji: "👍", mine: true }]), true);
  const all = { reactions: [{ emoji: "👍", count: 1, userIds: ["ann"] }] };
  assert.equal(mine({ ...all, ...by("me") }), false, "all users are listed");
  const said = { reactions: [{ ...many, mine: true }] };
  assert.equal(mine(said), true, "the server says so");
});

Deno.test("didYouMean names the closest of similar names, and none that is far", () => {
  const names = ["message.send", "message.edit", "chat.get"];
  assert.equal(didYouMean("mesage.send", names), ". Did you mean message.send?");
  assert.equal(didYouMean("Message.Edti", names), ". Did you mean message.edit?");
  assert.equal(didYouMean("message.delete", names), ". Did you mean message.edit?");
  assert.equal(didYouMean("user.block", names), "");
  assert.equal(didYouMean("ab", ["abc", "xyz"]), ". Did you mean abc?");
  assert.equal(didYouMean("abcd", ["abef", "wxyz"]), ". Did you mean abef?", "two of four");
  assert.equal(didYouMean("abc", ["aef"]), "", "two of three");
});

Deno.test("unreadOf counts loaded messages one by one, and earlier ones by the server's count", () => {
  const rows = (seqs: number[], fields: (seq: number) => Partial<LocalMessage> = () => ({})) =>
    new Map(seqs.map((seq) => {
      return [`m${seq}`, message({ id: `m${seq}`, seq, mentions: [], ...fields(seq) })];
    }));
  const of = (local: Partial<LocalChat> & { readSeq: number }) => {
    const { readSeq, ...rest } = local;
    const chat = {
      members: new Map([["me", { readSeq }]]),
      completeFrom: 0,
      counted: { unread: 40, mentions: 3, readSeq: 10, upTo: 50 },
      messages: rows([]),
      ...rest,
    } as unknown as LocalChat;
    const { unread, mentions, isExact } = unreadOf(chat, "me", (id) => id === "eve");
    return [unread, mentions, isExact];
  };
  const last = rows([51, 52], (seq) => ({ mentions: seq === 52 ? ["me"] : [] }));
  assert.deepEqual(of({ readSeq: 10, completeFrom: 51, messages: last }), [42, 4, true]);
  assert.deepEqual(of({ readSeq: 20, completeFrom: 51, messages: last }), [42, 4, false]);
  assert.deepEqual(of({ readSeq: 50, completeFrom: 52, messages: last }), [2, 1, true]);
  assert.deepEqual(of({ readSeq: 49, completeFrom: 51, messages: last })[2], false);
  assert.deepEqual(of({ readSeq: 49, completeFrom: 50, messages: rows([50, 51, 52]) }), [
    3,
    0,
    true,
  ]);
  assert.deepEqual(of({ readSeq: 51, messages: last }), [1, 1, true]);
  const uncounted: Partial<LocalMessage>[] = [
    { senderId: "me" },
    { senderId: "eve" },
    { deletedAt: AT },
    { text: "" },
    { encrypted: { state: "read", files: [], isShown: false } },
  ];
  for (const fields of uncounted) {
    assert.deepEqual(of({ readSeq: 0, messages: rows([1], () => fields) }), [0, 0, true]);
  }
  const counted: Partial<LocalMessage>[] = [
    { text: "", media: [{}] as never },
    { text: "", kind: "encrypted" },
    { encrypted: { state: "read", files: [], isShown: true } },
  ];
  for (const fields of counted) {
    assert.deepEqual(of({ readSeq: 0, messages: rows([1], () => fields) }), [1, 0, true]);
  }
});
