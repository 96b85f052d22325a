import assert from "node:assert/strict";
import { mediaUses } from "../../src/chats/media_uses.ts";
import { ChatDraft } from "../../src/chats/chat_draft.ts";
import type { Message } from "../../src/model/message.ts";
import { aChat, aMember, aMessage, T0 } from "../contract/store/rows.ts";

const NO_MESSAGES = {
  byId: () => Promise.resolve(null),
  bySendKeys: () => Promise.resolve([]),
  pinned: () => Promise.resolve([]),
};

function draftOf(memberIds: string[], rev = 5) {
  const chat = aChat({ rev, memberCount: memberIds.length });
  const members = new Map(memberIds.map((userId) => [userId, aMember(chat.id, { userId })]));
  return new ChatDraft({ chat, members }, NO_MESSAGES, { now: T0 + 9 });
}

function fields(senderId: string, clientId: string) {
  const { chatId: _chatId, seq: _seq, rev: _rev, ...rest } = aMessage("", 1, {
    senderId,
    clientId,
  });
  return rest;
}

Deno.test("ChatDraft gives each change the next revision, and only messages a place", () => {
  const draft = draftOf(["ann", "bob"]);
  const first = draft.insertMessage(fields("ann", "1"));
  draft.updateMember(draft.member("bob")!, { role: "admin" });
  const edited = draft.updateMessage(first, { text: "b" });
  draft.updateChat({ name: "New" });
  assert.deepEqual([first.seq, first.rev, edited.seq, edited.rev], [6, 6, 6, 8]);
  const { after, rev, steps } = draft.toCommit();
  assert.deepEqual([after, rev, steps.map((step) => step.rev)], [5, 9, [6, 7, 8, 9]]);
  assert.deepEqual(steps.map(({ type }) => type), [
    "message.created",
    "member.updated",
    "message.updated",
    "chat.updated",
  ]);
  const change = draft.toChange();
  assert.equal(change.expectedRev, 5);
  assert.deepEqual(change.inserted.map(({ text, rev }) => [text, rev]), [["b", 8]]);
  assert.deepEqual(change.updated, []);
  const { name, lastSeq, detailsRev, updatedAt } = change.chat;
  assert.deepEqual({ name, lastSeq, detailsRev, updatedAt }, {
    name: "New",
    lastSeq: 6,
    detailsRev: 9,
    updatedAt: T0 + 9,
  });
});

Deno.test("ChatDraft leaves no trace of truncated steps", () => {
  const draft = draftOf(["ann", "bob"]);
  draft.insertMessage(fields("ann", "1"));
  const before = [draft.toCommit(), draft.toChange(), draft.toState()];
  const { length: mark, characters } = draft;
  draft.insertMessage(fields("bob", "1"));
  draft.updateMember(draft.member("ann")!, { leftAt: T0 });
  draft.addMember({ userId: "eve", role: "member", joinedAt: T0 });
  draft.updateChat({ name: "New" });
  assert.equal(draft.chat.memberCount, 2);
  draft.truncate(mark);
  assert.deepEqual([draft.toCommit(), draft.toChange(), draft.toState()], before);
  assert.equal(draft.sent("bob", "1"), null);
  assert.notEqual(draft.member("ann"), null);
  assert.equal(draft.member("eve"), null);
  assert.equal(draft.characters, characters);
});

Deno.test("ChatDraft drops the side effects of truncated steps, and keeps the others", () => {
  const draft = draftOf(["ann"]);
  const origin = { actorId: "ann", visitor: null };
  const reaction = { type: "reaction", messageId: "m", actorId: "ann", emoji: "👍" } as const;
  const commit = (id: string) => ({
    handshake: { senderId: "ann", clientId: id, message: id, createdAt: T0 },
    groupInfo: id,
    welcomes: [],
  });
  const note = (userId: string) => {
    draft.addMember({ userId, role: "member", joinedAt: T0 });
    draft.record(origin, { action: "member.added", userId });
    draft.notify(reaction);
    draft.insertHandshake(commit(userId));
  };
  note("bob");
  const mark = draft.length;
  note("eve");
  draft.truncate(mark);
  const { audit, outbox, mls } = draft.toChange();
  assert.deepEqual(audit?.map(({ userId }) => userId), ["bob"]);
  assert.deepEqual(outbox?.occurrences, [
    { type: "added", userId: "bob", actorId: "ann" },
    reaction,
  ]);
  assert.deepEqual(mls?.commits.map(({ clientId }) => clientId), ["bob"]);
  assert.equal(mls?.groupInfo.groupInfo, "bob");
});

Deno.test("ChatDraft counts the uses of uploads from the stored message, however often it changes", () => {
  const media = (...ids: string[]) => ids.map((id) => ({ id })) as Message["media"];
  // The message of the chat's last revision is stored as well.
  for (const seq of [2, draftOf(["ann"]).chat.rev]) {
    const draft = draftOf(["ann"]);
    const stored = aMessage(draft.chat.id, seq, { senderId: "ann", media: media("old", "kept") });
    const first = draft.updateMessage(stored, { media: media("kept", "passing") });
    draft.updateMessage(first, { media: media("kept", "new") });
    const { mediaUses } = draft.toChange();
    assert.deepEqual(mediaUses?.toSorted((a, b) => a.by - b.by), [
      { mediaId: "old", by: -1 },
      { mediaId: "new", by: 1 },
    ]);
  }
});

Deno.test("ChatDraft counts the uses of pictures of the chat, and none of one that stays", () => {
  const usesOf = (...avatars: (string | null)[]) => {
    const draft = draftOf(["ann"]);
    const before = { ...draft.chat, avatarMediaId: avatars.shift()! };
    for (const avatarMediaId of avatars) draft.updateChat({ avatarMediaId });
    return mediaUses(before, draft.chat, [], new Map());
  };
  assert.deepEqual(usesOf(null, "new"), [{ mediaId: "new", by: 1 }]);
  assert.deepEqual(usesOf("old", "passing", "new"), [
    { mediaId: "new", by: 1 },
    { mediaId: "old", by: -1 },
  ]);
  assert.deepEqual(usesOf("old", null), [{ mediaId: "old", by: -1 }]);
  assert.deepEqual(usesOf("old", "new", "old"), []);
});

Deno.test("ChatDraft applies two changes of one message in one batch to each other", async () => {
  const draft = draftOf(["ann", "bob"]);
  const stored = aMessage(draft.chat.id, 2, { senderId: "ann", text: "old" });
  draft.updateMessage(stored, { text: "new" });
  const inDraft = await draft.message(stored.id);
  assert.equal(inDraft?.text, "new", "the second change starts from the first");
  draft.updateMessage(inDraft!, { pinnedAt: T0 });
  const [updated, ...others] = draft.toChange().updated;
  assert.deepEqual([updated.text, updated.pinnedAt, others], ["new", T0, []]);
});

Deno.test("ChatDraft finds a message that was sent in the same batch, before any that is stored", async () => {
  const draft = draftOf(["ann", "bob"]);
  const first = draft.insertMessage(fields("ann", "1"));
  assert.equal((await draft.findSent("ann", "1"))?.id, first.id);
  assert.equal(await draft.findSent("bob", "1"), null, "another user's clientId");
  assert.equal(await draft.findSent("ann", "2"), null);
});

Deno.test("ChatDraft counts present members, including those who return", () => {
  const draft = draftOf(["ann", "bob"]);
  draft.updateMember(draft.member("bob")!, { leftAt: T0 });
  assert.deepEqual([draft.chat.memberCount, draft.member("bob")], [1, null]);
  draft.addMember({ userId: "bob", role: "member", joinedAt: T0 + 1 });
  assert.equal(draft.chat.memberCount, 2);
  assert.deepEqual(draft.presentMembers().map(({ userId }) => userId), ["ann", "bob"]);
});

Deno.test("ChatDraft names the present members by the time of joining, and those of one moment by id", () => {
  const draft = draftOf(["ann"]);
  const join = (userId: string, joinedAt: number) =>
    draft.addMember({ userId, role: "member", joinedAt });
  join("eve", T0 - 1);
  join("bob", T0 - 1);
  join("cleo", T0 - 2);
  const ids = () => draft.presentMembers().map(({ userId }) => userId);
  assert.deepEqual(ids(), ["cleo", "bob", "eve", "ann"]);
  draft.updateMember(draft.member("bob")!, { leftAt: T0 });
  assert.deepEqual(ids(), ["cleo", "eve", "ann"]);
});

Deno.test("ChatDraft does not find a message of another chat", async () => {
  const foreign = aMessage(aChat().id, 1);
  const chat = aChat();
  const source = { ...NO_MESSAGES, byId: () => Promise.resolve(foreign) };
  const draft = new ChatDraft({ chat, members: new Map() }, source, { now: T0 });
  assert.equal(await draft.message(foreign.id), null);
});

Deno.test("ChatDraft counts the pins of the store as it has changed them", async () => {
  const chat = aChat({ rev: 9 });
  const [kept, unpinned, plain] = [1, 2, 3].map((seq) =>
    aMessage(chat.id, seq, { pinnedAt: seq < 3 ? T0 : null })
  );
  const pinned = (_chatId: string, limit: number) =>
    Promise.resolve([unpinned, kept].slice(0, limit));
  const state = { chat, members: new Map() };
  const draft = new ChatDraft(state, { ...NO_MESSAGES, pinned }, { now: T0 });
  assert.deepEqual([await draft.countPins(1), await draft.countPins(9)], [1, 2]);
  draft.updateMessage(unpinned, { pinnedAt: null });
  assert.equal(await draft.countPins(1), 1, "one that is no longer pinned hides no other");
  draft.updateMessage(plain, { pinnedAt: T0 });
  assert.equal(await draft.countPins(9), 2);
  draft.truncate(0);
  assert.equal(await draft.countPins(9), 2);
});

/** Commits each list of senders, one commit after another, and returns the reads of each. */
function readsOfCommits(commits: string[][], memberIds = ["ann", "bob"]) {
  let { base: state } = draftOf(memberIds);
  return commits.map((senderIds) => {
    const draft = new ChatDraft(state, NO_MESSAGES, { now: T0 });
    for (const senderId of senderIds) {
      const kind = senderId === "" ? "system" : "text";
      draft.insertMessage({ ...fields(senderId, crypto.randomUUID()), kind });
    }
    state = draft.toState();
    return (draft.toChange().reads ?? []).map(({ userId }) => userId);
  });
}

Deno.test("ChatDraft moves a sender's read cursor past what others sent, and not past their own", () => {
  const commits = [["ann"], ["ann"], ["ann", "ann"], ["bob"], ["ann"], ["bob", "ann"], ["ann"]];
  const reads = [[], ["ann"], [], ["bob"], ["ann"], ["bob", "ann"], []];
  assert.deepEqual(readsOfCommits(commits), reads);
});

Deno.test("ChatDraft moves a sender's read cursor past a system message", () => {
  const commits = [["ann"], ["ann"], [""], ["ann"], ["ann", ""], ["ann"]];
  assert.deepEqual(readsOfCommits(commits), [[], ["ann"], [], ["ann"], ["ann"], ["ann"]]);
});

Deno.test("ChatDraft moves a sender's read cursor after sixteen messages in a row", () => {
  const commits = Array.from({ length: 36 }, () => ["ann"]);
  const moved = readsOfCommits(commits).flatMap((reads, at) => reads.length > 0 ? [at] : []);
  assert.deepEqual(moved, [1, 18, 35]);
});

Deno.test("ChatDraft moves a sender's read cursor with each message of a large chat", () => {
  const members = Array.from({ length: 21 }, (_, n) => `member ${n}`);
  const commits = [["member 1"], ["member 1"], ["member 1"]];
  assert.deepEqual(readsOfCommits(commits, members), [[], ["member 1"], ["member 1"]]);
});
