import { call } from "./api.js";
import { h, keyed } from "./dom.js";
import { avatar } from "./text.js";

const WAIT_MS = 200;

/** Finds people by name: one for a direct chat, any number for a group. */
export function newChatDialog(model, kind, onOpened) {
  const isGroup = kind === "group";
  const chosen = new Map();
  let found = [];
  const search = h("input", {
    type: "search",
    name: "q",
    placeholder: "Name or username",
    "aria-label": "Find people",
    autocomplete: "off",
    autocapitalize: "none",
    autofocus: !isGroup,
  });
  const name = h("input", {
    name: "name",
    placeholder: "Name of the group",
    "aria-label": "Name of the group",
    maxlength: 100,
    autofocus: isGroup,
    autocomplete: "off",
  });
  const list = h("ul", { class: "people" });
  const status = h("p", { class: "faint", role: "status" }, "People are found as you type.");
  const fault = h("p", { class: "fault", role: "alert", hidden: true });
  const create = h("button", { type: "submit", class: "primary" }, "Create group");
  const dialog = h(
    "dialog",
    { class: "card", "aria-label": isGroup ? "New group" : "New chat" },
    h(
      "form",
      { method: "dialog" },
      h("h2", {}, isGroup ? "New group" : "New chat"),
      isGroup && name,
      search,
      status,
      list,
      fault,
      h(
        "div",
        { class: "buttons" },
        h(
          "button",
          { type: "button", class: "secondary", onclick: () => dialog.close() },
          "Cancel",
        ),
        isGroup && create,
      ),
    ),
  );

  let timer;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, WAIT_MS);
  });
  dialog.addEventListener("close", () => dialog.remove());
  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (isGroup) open(() => model.createGroup(name.value.trim(), [...chosen.values()]));
  });

  async function find() {
    const q = search.value.trim();
    const items = q === ""
      ? []
      : (await call("GET", `/users/search?limit=20&q=${encodeURIComponent(q)}`)).items;
    if (search.value.trim() !== q) return;
    found = items.filter(({ id }) => id !== model.me?.id);
    show(q);
  }

  function show(q) {
    const others = found.filter(({ id }) => !chosen.has(id));
    status.textContent = q && others.length === 0 ? `Nobody found for “${q}”.` : "";
    status.hidden = status.textContent === "";
    keyed(list, [...chosen.values(), ...others], {
      key: ({ id }) => id,
      version: ({ id }) => chosen.has(id),
      render: (user) => h("li", {}, personButton(user)),
    });
  }

  function personButton(user) {
    const label = user.displayName || user.username;
    return h(
      "button",
      {
        type: "button",
        class: "person quiet",
        "data-focus": "person",
        "aria-pressed": isGroup && String(chosen.has(user.id)),
        onclick: () => choose(user),
      },
      avatar(user.id, label),
      h("span", { class: "ellipsis" }, label),
      h("span", { class: "faint ellipsis" }, `@${user.username}`),
      chosen.has(user.id) && h("span", { class: "mark", "aria-hidden": "true" }, "✓"),
    );
  }

  function choose(user) {
    if (!isGroup) return open(() => model.openDirect(user));
    if (!chosen.delete(user.id)) chosen.set(user.id, user);
    show("");
  }

  async function open(make) {
    fault.hidden = true;
    create.disabled = true;
    try {
      onOpened(await make());
      dialog.close();
    } catch (error) {
      fault.textContent = error.message;
      fault.hidden = false;
    } finally {
      create.disabled = false;
    }
  }

  document.body.append(dialog);
  dialog.showModal();
}
