import { withOwnReactions } from "./own_reactions.js";

/**
 * What this client knows of one chat.
 *
 * `rev` is its cursor: every row that the revisions up to it touched is here, or lies before `oldest`
 * in the history, where nobody has scrolled to yet.
 */
export class Chat {
  /** By id. */
  messages = new Map();
  /** Sends that the server has not confirmed, by clientId, in order. */
  pending = new Map();
  /** By user id; whole once `membersKnown`. */
  members = new Map();
  membersKnown = false;
  /** The history from this seq on is here. */
  oldest = Infinity;
  hasOlder = true;
  /** Set while the members are being asked for, and after that failed; likewise older messages. */
  opening = false;
  loading = false;
  /** The highest revision heard of that did not follow on what was known. */
  heard = 0;
  /** The seq that the server was told last to have been read. */
  marked = 0;
  /** When a user was last heard to be writing, by user id. */
  typing = new Map();

  /** From an item of the inbox. */
  constructor({ chat, lastMessage, unread, rev, me, peerId }) {
    this.id = chat.id;
    this.details = chat;
    this.rev = rev;
    this.unread = unread;
    this.me = me;
    this.peerId = peerId;
    this.members.set(me.userId, me);
    if (lastMessage) this.addHistory([lastMessage]);
  }

  /** With a new connection, what failed may be tried again. */
  retry() {
    this.opening = this.loading = false;
    this.marked = 0;
  }

  get isGroup() {
    return this.details.kind === "group";
  }

  get hasLeft() {
    return this.me.leftAt !== null;
  }

  /** In order. */
  get history() {
    return [...this.messages.values()].sort((a, b) => a.seq - b.seq);
  }

  get lastMessage() {
    let last = null;
    for (const message of this.messages.values()) {
      if (!last || message.seq > last.seq) last = message;
    }
    return last;
  }

  get lastActivity() {
    return this.lastMessage?.createdAt ?? this.details.createdAt;
  }

  /**
   * Takes an event that covers the revisions `(after, rev]`. False when it does not follow on what is
   * known: something was missed, and the chat has to catch up.
   */
  apply(event) {
    const { rev, after = rev - 1 } = event;
    if (rev <= this.rev) return true;
    if (after > this.rev) {
      this.heard = Math.max(this.heard, rev);
      return false;
    }
    this.#take(event);
    this.rev = rev;
    return true;
  }

  /** Takes the rows that a catch-up gave. */
  applyChanges({ rev, messages, members, chat }) {
    if (chat) this.details = chat;
    for (const member of members) this.setMember(member);
    for (const message of messages) this.setMessage(message);
    this.rev = Math.max(this.rev, rev);
  }

  #take({ event, data }) {
    if (event === "chat.changes") this.applyChanges(data);
    else if (event === "chat.updated") this.details = data;
    else if (event === "member.updated") this.setMember(data);
    else if (event.startsWith("message.")) this.setMessage(data);
  }

  /** A row replaces an older one only; what lies before the known history is left where it is. */
  setMessage(message) {
    const known = this.messages.get(message.id);
    if (known && known.rev > message.rev) return;
    if (!known && message.seq < this.oldest && this.messages.size > 0) return;
    const reactions = withOwnReactions(message, known?.reactions ?? [], this.me.userId);
    this.messages.set(message.id, { ...message, reactions });
    this.oldest = Math.min(this.oldest, message.seq);
    if (message.senderId === this.me.userId) this.pending.delete(message.clientId);
    if (!known) this.#count(message);
  }

  #count(message) {
    this.typing.delete(message.senderId);
    const isNews = message.seq > Math.max(this.rev, this.me.readSeq);
    if (isNews && message.senderId !== this.me.userId && !message.deletedAt) this.unread++;
  }

  /** A page of the history, adjoining what is known. */
  addHistory(messages) {
    for (const message of messages) {
      if (!this.messages.has(message.id)) this.messages.set(message.id, message);
      this.oldest = Math.min(this.oldest, message.seq);
    }
  }

  /** Cursors only move forward, whatever order they are heard in. */
  setMember(member) {
    const known = this.members.get(member.userId);
    const next = known ? { ...(member.rev >= known.rev ? member : known) } : { ...member };
    next.readSeq = Math.max(member.readSeq, known?.readSeq ?? 0);
    next.deliveredSeq = Math.max(member.deliveredSeq, known?.deliveredSeq ?? 0);
    this.members.set(member.userId, next);
    if (member.userId === this.me.userId) this.#setMe(next);
  }

  setReceipt(receipt) {
    const known = this.members.get(receipt.userId);
    if (known) this.setMember({ ...known, ...receipt });
  }

  #setMe(me) {
    const moved = me.readSeq > this.me.readSeq;
    this.me = me;
    if (!moved) return;
    const unread = this.history.filter(({ seq, senderId }) =>
      seq > me.readSeq && senderId !== me.userId
    );
    this.unread = Math.min(this.unread, unread.length);
  }

  /** How far the others have got with a message of one's own: "sent", "delivered" or "read". */
  progressOf({ seq }) {
    const others = [...this.members.values()]
      .filter(({ userId, leftAt }) => userId !== this.me.userId && leftAt === null);
    if (!this.membersKnown || others.length === 0) return "sent";
    if (others.every(({ readSeq }) => readSeq >= seq)) return "read";
    const reached = (member) => Math.max(member.readSeq, member.deliveredSeq) >= seq;
    return others.every(reached) ? "delivered" : "sent";
  }
}
