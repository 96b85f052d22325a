import { ConversationView } from "./conversation_view.js";
import { announce, h } from "./dom.js";
import { inboxView } from "./inbox_view.js";
import { newChatDialog } from "./new_chat_dialog.js";

const STATES = {
  connecting: "Connecting …",
  offline: "Offline. What you write is sent when the connection is back.",
};

/** The list of chats beside the open one. Which is open stands in the address, so that "back" works. */
export class ChatPage {
  #model;
  #inbox;
  #conversation;
  #banner = h("div", { id: "connection", role: "status", hidden: true });
  #listening = new AbortController();

  constructor(model, onSignOut) {
    this.#model = model;
    const start = (kind) => newChatDialog(model, kind, (chatId) => location.hash = chatId);
    this.#inbox = inboxView(model, { onStart: start, onSignOut });
    this.#conversation = new ConversationView(model);
    this.element = h(
      "div",
      { class: "page" },
      this.#banner,
      this.#inbox.element,
      this.#conversation.element,
    );
    const { signal } = this.#listening;
    model.addEventListener("change", () => this.#update(), { signal });
    model.addEventListener("incoming", ({ detail }) => this.#incoming(detail), { signal });
    addEventListener("hashchange", () => this.#open(), { signal });
    document.addEventListener("visibilitychange", () => this.#update(), { signal });
  }

  /** Whoever signs in next on this tab has a page of their own. */
  close() {
    this.#listening.abort();
    for (const dialog of document.querySelectorAll("dialog")) dialog.close();
    document.title = "RealTimeChat";
  }

  get #chatId() {
    return location.hash.slice(1);
  }

  #open() {
    this.#conversation.focus();
    this.#update();
  }

  #update() {
    const chat = this.#model.chats.get(this.#chatId) ?? null;
    if (chat) this.#model.open(chat);
    this.element.dataset.open = chat ? "chat" : "inbox";
    this.#inbox.update(chat?.id);
    this.#conversation.update(chat);
    this.#updateConnection();
    this.#updateTitle();
  }

  #updateConnection() {
    const { connectionState, me } = this.#model;
    const text = STATES[connectionState];
    this.#banner.dataset.state = connectionState;
    this.#banner.hidden = !text || (connectionState === "connecting" && me === null);
    this.#banner.textContent = text ?? "";
  }

  #updateTitle() {
    const unread = this.#model.inbox.reduce((sum, chat) => sum + chat.unread, 0);
    document.title = unread > 0 ? `(${unread}) RealTimeChat` : "RealTimeChat";
  }

  #incoming({ chatId, seq, senderId, text }) {
    this.#model.command("chat.delivered", { chatId, seq }).catch(() => {});
    if (this.#model.blocked.has(senderId)) return;
    announce(`${this.#model.people.nameOf(senderId)}: ${text}`);
  }
}
