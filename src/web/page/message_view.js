import { h } from "./dom.js";
import { dayOf, linked, timeOf } from "./text.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🎉"];
const TICKS = {
  sending: ["◷", "Sending"],
  sent: ["✓", "Sent"],
  delivered: ["✓✓", "Delivered"],
  read: ["✓✓", "Read"],
};
/** Messages of one person within so long stand together. */
const TOGETHER_MS = 5 * 60_000;

/** All that the view of each message depends on, in order, those on their way last. */
export function messageItems(model, chat, menuOf) {
  let previous = null;
  const items = chat.history.map((message) => {
    const item = itemOf(model, chat, message, previous, menuOf);
    previous = message;
    return item;
  });
  const pending = [...chat.pending.values()].map((send) => pendingItem(model, chat, send));
  return [...items, ...pending];
}

function itemOf(model, chat, message, previous, menuOf) {
  const mine = message.senderId === chat.me.userId;
  const day = dayOf(message.createdAt);
  const newDay = !previous || dayOf(previous.createdAt) !== day;
  const together = !newDay && previous.senderId === message.senderId &&
    Date.parse(message.createdAt) - Date.parse(previous.createdAt) < TOGETHER_MS;
  return {
    key: message.id,
    message,
    rev: message.rev,
    hidden: model.blocked.has(message.senderId),
    mine,
    day: newDay ? day : null,
    sender: chat.isGroup && !mine && !together ? model.people.nameOf(message.senderId) : null,
    together,
    text: message.text,
    quote: quoteOf(model, chat, message.replyTo),
    reactions: message.reactions.map(({ emoji, count, userIds, mine: isMine }) => ({
      emoji,
      count,
      mine: isMine ?? userIds.includes(chat.me.userId),
      names: userIds.slice(0, 10).map((userId) => model.people.nameOf(userId)).join(", "),
    })),
    tick: mine && !message.deletedAt ? chat.progressOf(message) : null,
    menu: message.id === menuOf,
    settled: !message.deletedAt && !chat.hasLeft,
    mayDelete: mine || (chat.isGroup && chat.me.role !== "member"),
  };
}

function pendingItem(model, chat, { clientId, text, createdAt, replyTo }) {
  const message = { createdAt, text, kind: "text" };
  const quote = quoteOf(model, chat, replyTo);
  return { key: clientId, message, text, mine: true, tick: "sending", quote, reactions: [] };
}

function quoteOf(model, chat, replyTo) {
  if (!replyTo) return null;
  const original = chat.messages.get(replyTo);
  if (!original) return { name: "", text: "An earlier message" };
  const text = original.deletedAt ? "Message deleted" : original.text;
  return { name: model.people.nameOf(original.senderId), text: text.slice(0, 200) };
}

export function messageView(item, actions) {
  const { message, mine, day, sender, together, quote, reactions, menu, settled } = item;
  return h(
    "li",
    {
      class: `message ${mine ? "mine" : "theirs"} ${together ? "together" : ""}`,
      "data-seq": message.seq,
    },
    day && h("div", { class: "day" }, h("span", {}, day)),
    h(
      "div",
      { class: "line" },
      h(
        "article",
        { class: "bubble" },
        sender && h("h3", { class: "sender" }, sender),
        quote &&
          h("blockquote", {}, quote.name && h("strong", {}, quote.name), h("span", {}, quote.text)),
        contentOf(item),
        footerOf(item),
      ),
      settled && menuButton(menu, actions),
    ),
    settled && menu && menuOf(item, actions),
    reactions.length > 0 &&
      h("div", { class: "reactions" }, ...reactions.map(reactionView(actions))),
  );
}

function contentOf({ message, hidden }) {
  if (hidden) return h("p", { class: "text gone" }, "From someone you blocked");
  if (message.deletedAt) return h("p", { class: "text gone" }, "Message deleted");
  if (message.kind === "encrypted") {
    return h("p", { class: "text gone" }, "Encrypted: this page has no keys");
  }
  const files = (message.media ?? []).map(({ name }) => h("p", { class: "text" }, `📎 ${name}`));
  return h(
    "div",
    {},
    ...files,
    message.text && h("p", { class: "text", dir: "auto" }, ...linked(message.text)),
  );
}

function footerOf({ message, tick }) {
  const [sign, label] = TICKS[tick] ?? [];
  return h(
    "footer",
    { class: "meta" },
    message.pinnedAt && h("span", { title: "Pinned" }, "📌"),
    message.editedAt && !message.deletedAt && h("span", {}, "edited"),
    h("time", { datetime: message.createdAt }, timeOf(message.createdAt)),
    sign &&
      h("span", { class: `tick ${tick}`, role: "img", "aria-label": label, title: label }, sign),
  );
}

function menuButton(open, { toggleMenu }) {
  return h("button", {
    type: "button",
    class: "quiet more",
    "aria-label": "What to do with this message",
    "aria-expanded": String(open),
    "data-focus": "more",
    onclick: toggleMenu,
  }, "⋯");
}

function menuOf({ message, mine, mayDelete, reactions }, actions) {
  const own = new Set(reactions.filter((reaction) => reaction.mine).map(({ emoji }) => emoji));
  const button = (label, onclick, extra = {}) =>
    h("button", { type: "button", class: "quiet", onclick, ...extra }, label);
  return h(
    "div",
    { class: "menu", role: "group", "aria-label": "Actions" },
    ...EMOJI.map((emoji) =>
      button(emoji, () => actions.react(emoji, own.has(emoji)), {
        "aria-label": `React with ${emoji}`,
        "aria-pressed": String(own.has(emoji)),
      })
    ),
    button("Reply", actions.reply),
    mine && message.kind === "text" && button("Edit", actions.edit),
    mayDelete && button("Delete", actions.remove),
  );
}

function reactionView(actions) {
  return ({ emoji, count, mine, names }) =>
    h("button", {
      type: "button",
      class: "reaction",
      title: names,
      "aria-pressed": String(mine),
      "aria-label": `${emoji} from ${names}`,
      "data-focus": `reaction-${emoji}`,
      onclick: () => actions.react(emoji, mine),
    }, `${emoji} ${count}`);
}
