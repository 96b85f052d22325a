import { isHeld } from "../state/page_lock.ts";
import { type FetchEvent, scope, type Shell } from "./worker_scope.ts";

const PREFIX = "page ";
const FETCHED_AT_ONCE = 4;

/**
 * Keeps the files of the page, so that it opens without a network and without waiting for one. Each
 * version has its own cache, which stays as long as a tab runs that version: parts that are
 * loaded on first use are gone from the server once it has a newer one. Nothing else is kept, and
 * nothing of the API.
 */
export class ShellCache {
  readonly #name: string;

  constructor(private readonly shell: Shell) {
    this.#name = `${PREFIX}${shell.entry} ${shell.version}`;
  }

  /**
   * Fetches the files; throws if the server has another version, so that the browser tries again.
   */
  async install(): Promise<void> {
    const pending = [...this.shell.paths];
    const cache = await caches.open(this.#name);
    const fetchNext = async () => {
      for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
        await cache.put(path, await this.#fetchFile(path));
      }
    };
    await Promise.all([
      this.#fetchPage().then((page) => cache.put("/", page)),
      ...Array.from({ length: FETCHED_AT_ONCE }, fetchNext),
    ]);
  }

  /** Deletes the caches of versions that no tab runs. */
  async deleteUnused(): Promise<void> {
    for (const name of await caches.keys()) {
      if (!name.startsWith(PREFIX) || name === this.#name) continue;
      const [, entry] = name.split(" ");
      if (!await isHeld(entry)) await caches.delete(name);
    }
  }

  /** Responds to the page and its files, and to nothing else. */
  respond(event: FetchEvent): void {
    const { method, mode, url } = event.request;
    const { origin, pathname } = new URL(url);
    if (method !== "GET" || origin !== scope.location.origin) return;
    if (mode === "navigate" && pathname === "/") {
      event.respondWith(this.#page(event));
      event.waitUntil(this.deleteUnused());
    } else if (pathname.startsWith("/web/")) event.respondWith(this.#file(event));
  }

  async #page(event: FetchEvent): Promise<Response> {
    const cache = await caches.open(this.#name);
    const kept = await cache.match("/", { ignoreVary: true });
    if (!kept) return await fetch(event.request);
    // The ways to sign in that it names follow the server's configuration.
    event.waitUntil(this.#fetchPage().then((page) => cache.put("/", page), () => {}));
    return kept;
  }

  async #file(event: FetchEvent): Promise<Response> {
    const { request } = event;
    const kept = await caches.match(request, { ignoreVary: true });
    if (kept) return kept;
    const response = await fetch(request);
    if (response.status === 200) {
      const copy = response.clone();
      event.waitUntil(caches.open(this.#name).then((cache) => cache.put(request, copy)));
    }
    return response;
  }

  async #fetchPage(): Promise<Response> {
    const response = await fetched("/", "no-cache");
    const html = await response.clone().text();
    if (!html.includes(this.shell.entry)) {
      throw new Error("Cannot keep the page: the server has another version of it");
    }
    return response;
  }

  /** A name has a hash of its content, so the file of an earlier version is the same one. */
  async #fetchFile(path: string): Promise<Response> {
    return await caches.match(path, { ignoreVary: true }) ?? await fetched(path, "default");
  }
}

async function fetched(path: string, cache: RequestCache): Promise<Response> {
  const response = await fetch(path, { cache, priority: "low" });
  if (response.status === 200) return response;
  throw new Error(`Cannot keep ${path}: the server answered ${response.status}`);
}
