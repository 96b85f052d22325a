import { Composer } from "./composer.js";
import { h, keyed } from "./dom.js";
import { messageItems, messageView } from "./message_view.js";
import { avatar, whenOf } from "./text.js";

/** How near to an edge, in pixels, counts as there. */
const NEAR = 120;

/** The open chat: its history, who is writing, and where to write. */
export class ConversationView {
  #model;
  #chat = null;
  #menuOf = null;
  #title = h("h2", { class: "ellipsis" });
  #about = h("p", { class: "faint ellipsis" });
  #avatar = h("span");
  #list = h("ol", { class: "messages" });
  #scroller = h(
    "div",
    { class: "scroller", tabindex: "0", role: "region", "aria-label": "Messages" },
    this.#list,
  );
  #typing = h("p", { class: "typing faint" });
  #left = h("p", { class: "left faint", role: "status" });
  #composer;
  #body;
  #nothing = h("p", { class: "nothing faint" }, "Choose a chat, or begin a new one.");

  constructor(model) {
    this.#model = model;
    this.#composer = new Composer(model, () => this.#scrollDown());
    this.#body = h(
      "div",
      { class: "conversation-body" },
      h(
        "header",
        { class: "bar" },
        h("a", { href: "#", class: "back", "aria-label": "Back to the chats" }, "‹"),
        this.#avatar,
        h("div", { class: "heading" }, this.#title, this.#about),
      ),
      this.#scroller,
      this.#typing,
      this.#left,
      this.#composer.element,
    );
    this.element = h("main", { class: "conversation" }, this.#nothing, this.#body);
    this.#scroller.addEventListener("scroll", () => this.#onScroll());
    new ResizeObserver(() => this.#keepDown()).observe(this.#scroller);
    this.element.addEventListener("keydown", ({ key }) => key === "Escape" && this.#showMenu(null));
  }

  focus() {
    if (matchMedia("(hover: hover)").matches) this.#composer.focus();
  }

  update(chat) {
    const other = chat !== this.#chat;
    this.#chat = chat;
    this.#nothing.hidden = chat !== null;
    this.#body.hidden = chat === null;
    if (!chat) return;
    if (other) this.#menuOf = null;
    this.#composer.update(chat);
    this.#updateHeader(chat);
    this.#updateTyping(chat);
    this.#updateLeft(chat);
    this.#updateMessages(chat, other);
    this.#markRead(chat);
    if (this.#scroller.scrollTop < NEAR && chat.membersKnown) this.#model.loadOlder(chat);
  }

  #updateHeader(chat) {
    const { people } = this.#model;
    const title = this.#model.titleOf(chat);
    const state = chat.isGroup ? null : people.stateOf(chat.peerId);
    const face = avatar(chat.peerId ?? chat.id, title, state);
    this.#avatar.replaceWith(face);
    this.#avatar = face;
    this.#title.textContent = title;
    this.#about.textContent = chat.isGroup
      ? this.#membersOf(chat)
      : presenceText(people, chat.peerId);
  }

  #membersOf(chat) {
    const present = [...chat.members.values()].filter(({ leftAt }) => leftAt === null);
    const shown = present.slice(0, 4).map(({ userId }) =>
      userId === chat.me.userId ? "you" : this.#model.people.nameOf(userId)
    );
    // What is known of the chat itself does not follow who comes and goes.
    const count = chat.membersKnown ? present.length : chat.details.memberCount;
    const more = count - shown.length;
    return shown.join(", ") + (more > 0 ? ` and ${more} more` : "");
  }

  #updateTyping(chat) {
    const names = this.#model.typingIn(chat).map((userId) => this.#model.people.nameOf(userId));
    this.#typing.textContent = names.length === 0
      ? ""
      : names.length === 1
      ? `${names[0]} is typing …`
      : `${names.slice(0, 3).join(", ")} are typing …`;
  }

  /** Whoever is out may read what they had, and writes no more. */
  #updateLeft(chat) {
    this.#left.textContent = chat.hasLeft ? "You are no longer in this group." : "";
    this.#composer.element.hidden = chat.hasLeft;
  }

  #updateMessages(chat, other) {
    const wasDown = other || this.#isDown;
    const heightBefore = this.#scroller.scrollHeight;
    const topBefore = this.#scroller.scrollTop;
    const first = this.#list.firstElementChild?.dataset.key;
    const items = messageItems(this.#model, chat, this.#menuOf);
    keyed(this.#list, items, {
      key: (item) => item.key,
      version: ({ message: _, ...shown }) => shown,
      render: (item) => messageView(item, this.#actions(item)),
    });
    if (wasDown) this.#scrollDown();
    else if (first !== this.#list.firstElementChild?.dataset.key) {
      // Older messages came in above: what was in view stays where it is.
      this.#scroller.scrollTop = topBefore + this.#scroller.scrollHeight - heightBefore;
    }
  }

  #actions({ message }) {
    const messageId = message.id;
    const run = (cmd, data) => {
      this.#showMenu(null);
      return this.#model.command(cmd, { messageId, ...data });
    };
    return {
      toggleMenu: () => this.#showMenu(this.#menuOf === messageId ? null : messageId),
      react: (emoji, remove) => run("message.react", { emoji, remove }),
      remove: () => run("message.delete"),
      edit: () => {
        this.#showMenu(null);
        this.#composer.edit(message);
      },
      reply: () => {
        this.#showMenu(null);
        this.#composer.reply(message);
      },
    };
  }

  #showMenu(messageId) {
    if (this.#menuOf === messageId) return;
    this.#menuOf = messageId;
    this.#model.changed();
  }

  get #isDown() {
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight < NEAR;
  }

  #down = true;

  #scrollDown() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** The keyboard of a phone makes the place smaller. */
  #keepDown() {
    if (this.#down) this.#scrollDown();
  }

  #onScroll() {
    this.#down = this.#isDown;
    const chat = this.#chat;
    if (!chat) return;
    this.#markRead(chat);
    if (this.#scroller.scrollTop < NEAR) this.#model.loadOlder(chat);
  }

  /** What is on the screen of someone who looks at it has been read. */
  #markRead(chat) {
    const last = chat.lastMessage;
    if (!last || last.seq <= chat.me.readSeq) return;
    if (document.visibilityState === "hidden" || !this.#isDown || chat.hasLeft) return;
    this.#model.markRead(chat, last.seq);
  }
}

function presenceText(people, userId) {
  const state = people.stateOf(userId);
  if (state && state !== "offline") return state;
  const lastSeen = people.lastSeenOf(userId);
  return lastSeen ? `last seen ${whenOf(lastSeen)}` : state ?? "";
}
