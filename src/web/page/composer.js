import { h } from "./dom.js";

/** The server is told again this often; it forgets after a few seconds. */
const TYPING_EVERY_MS = 3_000;
const STOPPED_AFTER_MS = 4_000;

/** Where a message is written, answered to or changed. */
export class Composer {
  #model;
  #onSend;
  #chat = null;
  /** What is being written: `{ editing? }` or `{ replyTo? }`, a message each. */
  #mode = {};
  /** Unsent texts, by chat. */
  #drafts = new Map();
  #saidTyping = 0;
  #stopTimer;
  #input = h("textarea", {
    rows: 1,
    name: "text",
    placeholder: "Write a message",
    "aria-label": "Message",
    maxlength: 10_000,
    dir: "auto",
  });
  #context = h("div", { class: "context", hidden: true });

  constructor(model, onSend) {
    this.#model = model;
    this.#onSend = onSend;
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    this.#input.addEventListener("input", () => this.#onInput());
    const onsubmit = (event) => {
      event.preventDefault();
      this.#submit();
    };
    this.element = h(
      "form",
      { class: "composer", onsubmit },
      this.#context,
      this.#input,
      h("button", { type: "submit", class: "primary send", "aria-label": "Send" }, "Send"),
    );
  }

  focus() {
    this.#input.focus();
  }

  update(chat) {
    if (chat === this.#chat) return;
    if (this.#chat) this.#drafts.set(this.#chat.id, this.#mode.editing ? "" : this.#input.value);
    this.#stopTyping();
    this.#chat = chat;
    this.#be({}, this.#drafts.get(chat.id) ?? "");
  }

  edit(message) {
    this.#be({ editing: message }, message.text);
    this.focus();
  }

  reply(message) {
    this.#be({ replyTo: message }, this.#mode.editing ? "" : this.#input.value);
    this.focus();
  }

  #be(mode, text) {
    this.#mode = mode;
    this.#input.value = text;
    this.#grow();
    const about = mode.editing ?? mode.replyTo;
    this.#context.hidden = !about;
    if (!about) return;
    const cancel = () => this.#be({}, mode.editing ? "" : this.#input.value);
    this.#context.replaceChildren(
      h("strong", {}, mode.editing ? "Change" : "Reply to"),
      h("span", { class: "ellipsis" }, about.text),
      h("button", { type: "button", class: "quiet", "aria-label": "Cancel", onclick: cancel }, "✕"),
    );
  }

  async #submit() {
    const text = this.#input.value.trim();
    if (text === "") return;
    const { editing, replyTo } = this.#mode;
    const chat = this.#chat;
    clearTimeout(this.#stopTimer);
    this.#saidTyping = 0;
    if (editing) {
      await this.#model.command("message.edit", { messageId: editing.id, text });
      if (this.#mode.editing === editing) this.#be({}, "");
      return;
    }
    this.#be({}, "");
    const sent = this.#model.send(chat, text, replyTo?.id);
    // After the list has it.
    setTimeout(this.#onSend);
    await sent;
  }

  #onKey(event) {
    const { key, shiftKey, isComposing } = event;
    if (key === "Enter" && !shiftKey && !isComposing) {
      event.preventDefault();
      this.#submit();
    } else if (key === "Escape" && (this.#mode.editing || this.#mode.replyTo)) {
      this.#be({}, this.#mode.editing ? "" : this.#input.value);
    } else if (key === "ArrowUp" && this.#input.value === "") {
      const last = this.#chat.history.findLast((message) =>
        message.senderId === this.#chat.me.userId && !message.deletedAt && message.kind === "text"
      );
      if (!last) return;
      event.preventDefault();
      this.edit(last);
    }
  }

  #onInput() {
    this.#grow();
    if (this.#mode.editing) return;
    clearTimeout(this.#stopTimer);
    if (this.#input.value.trim() === "") return this.#stopTyping();
    this.#stopTimer = setTimeout(() => this.#stopTyping(), STOPPED_AFTER_MS);
    if (Date.now() - this.#saidTyping < TYPING_EVERY_MS) return;
    this.#saidTyping = Date.now();
    this.#signal("typing.start");
  }

  #stopTyping() {
    clearTimeout(this.#stopTimer);
    if (this.#saidTyping === 0) return;
    this.#saidTyping = 0;
    this.#signal("typing.stop");
  }

  #signal(cmd) {
    this.#model.command(cmd, { chatId: this.#chat.id }).catch(() => {});
  }

  /** As high as its text, up to what the style allows. */
  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight + 2}px`;
  }
}
