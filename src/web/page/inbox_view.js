import { h, keyed } from "./dom.js";
import { avatar, whenOf } from "./text.js";

/** The list of chats, most recent first. */
export function inboxView(model, { onStart, onSignOut }) {
  const list = h("ul", { class: "chats" });
  const empty = h(
    "p",
    { class: "empty faint", hidden: true },
    "No chats yet. Find someone by their username to begin.",
  );
  const name = h("strong", { class: "ellipsis" });
  const button = (label, text, onclick) =>
    h(
      "button",
      { type: "button", class: "quiet", "aria-label": label, title: label, onclick },
      text,
    );
  const element = h(
    "nav",
    { class: "inbox", "aria-label": "Chats" },
    h(
      "header",
      { class: "bar" },
      name,
      h("span", { class: "spacer" }),
      button("Sign out", "Sign out", onSignOut),
    ),
    h(
      "div",
      { class: "starts" },
      h(
        "button",
        { type: "button", class: "primary", onclick: () => onStart("direct") },
        "New chat",
      ),
      h(
        "button",
        { type: "button", class: "secondary", onclick: () => onStart("group") },
        "New group",
      ),
    ),
    list,
    empty,
  );

  function update(openId) {
    const { me, inbox } = model;
    name.textContent = me ? me.displayName || me.username : "";
    empty.hidden = inbox.length > 0 || me === null;
    keyed(list, inbox, {
      key: (chat) => chat.id,
      version: (chat) => itemOf(model, chat, openId),
      render: (chat) => itemView(chat, itemOf(model, chat, openId)),
    });
  }

  return { element, update };
}

function itemOf(model, chat, openId) {
  const last = chat.lastMessage;
  return {
    title: model.titleOf(chat),
    state: chat.isGroup ? null : model.people.stateOf(chat.peerId),
    when: whenOf(chat.lastActivity),
    line: model.typingIn(chat).length > 0 ? "typing …" : last ? lineOf(model, chat, last) : "",
    unread: chat.unread,
    open: chat.id === openId,
  };
}

function lineOf(model, chat, { senderId, text, deletedAt, kind }) {
  const what = deletedAt
    ? "Message deleted"
    : model.blocked.has(senderId)
    ? "From someone you blocked"
    : kind === "encrypted"
    ? "Encrypted message"
    : text || "Attachment";
  if (senderId === chat.me.userId) return `You: ${what}`;
  return chat.isGroup ? `${model.people.nameOf(senderId)}: ${what}` : what;
}

function itemView(chat, { title, state, when, line, unread, open }) {
  return h(
    "li",
    {},
    h(
      "a",
      { href: `#${chat.id}`, class: "chat", "aria-current": open && "page", "data-focus": "chat" },
      avatar(chat.peerId ?? chat.id, title, state),
      h("span", { class: "chat-title ellipsis" }, title),
      h("span", { class: "chat-when faint" }, when),
      h("span", { class: "chat-line faint ellipsis" }, line),
      unread > 0 &&
        h(
          "span",
          { class: "badge" },
          String(unread),
          h("span", { class: "visually-hidden" }, " unread"),
        ),
    ),
  );
}
