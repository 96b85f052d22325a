/**
 * Elements from code. Text only ever becomes text nodes, so nothing that a person writes can turn
 * into markup.
 */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/**
 * Makes the container's children show `items`, touching only what changed: an element stays as long
 * as its item's version does, and so keeps its focus.
 */
export function keyed(container, items, { key, version, render }) {
  const known = new Map([...container.children].map((node) => [node.dataset.key, node]));
  const wanted = new Set(items.map(key));
  for (const [id, node] of known) if (!wanted.has(id)) node.remove();
  let place = container.firstElementChild;
  for (const item of items) {
    const id = key(item);
    const stamp = JSON.stringify(version(item));
    let node = known.get(id);
    if (node?.dataset.version !== stamp) {
      const fresh = render(item);
      fresh.dataset.key = id;
      fresh.dataset.version = stamp;
      if (node === place) place = fresh;
      if (node) replaceKeepingFocus(node, fresh);
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else container.insertBefore(node, place);
  }
}

/** What had the focus is found again by its `data-focus` name. */
function replaceKeepingFocus(node, fresh) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  node.replaceWith(fresh);
  if (!focused) return;
  const name = focused.dataset.focus;
  (name ? fresh.querySelector(`[data-focus="${name}"]`) : fresh)?.focus();
}

/** Tells what went wrong, for a few seconds. */
export function toast(text) {
  const box = document.querySelector("#toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => box.hidden = true, 6_000);
}

/** For screen readers. */
export function announce(text) {
  document.querySelector("#announcer").textContent = text;
}
