const loading = new Map<string, Promise<void>>();

/**
 * Adds a style sheet to the page; resolves once it applies. A failed one is fetched again when it
 * is next asked for.
 */
export function loadStyle(href: string): Promise<void> {
  let found = loading.get(href);
  if (!found) {
    loading.set(href, found = add(href));
    found.catch(() => loading.delete(href));
  }
  return found;
}

function add(href: string): Promise<void> {
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href });
  return new Promise((resolve, reject) => {
    link.onload = () => resolve();
    link.onerror = () => {
      link.remove();
      reject(new TypeError(`Cannot import the style sheet ${href}`));
    };
    document.head.append(link);
  });
}
