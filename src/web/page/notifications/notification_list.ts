import { signal } from "@preact/signals";
import type { ChatClient } from "../../../client/mod.ts";
import type { NotificationView } from "../../../api/views/notification.ts";

const PAGE = 30;

/** The notifications of the person, newest first, as the view shows them. */
export class NotificationList {
  /** Null until they are here. */
  readonly items = signal<readonly NotificationView[] | null>(null);
  readonly hasMore = signal(false);
  #next: string | undefined;
  readonly #stops: (() => void)[];

  constructor(private readonly client: ChatClient) {
    this.#stops = [
      client.on("notification", ({ data }) => this.#put(data)),
      client.on("notification.read", ({ data: { notificationIds, readAt } }) => {
        this.#markRead(notificationIds, readAt);
      }),
      client.on("notification.removed", ({ data: { notificationIds } }) => {
        this.items.value = this.items.peek()?.filter(({ id }) => !notificationIds.includes(id)) ??
          null;
      }),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
  }

  async load(): Promise<void> {
    const { items, next } = await this.client.call("notification.list", {
      limit: PAGE,
      cursor: this.#next,
    });
    const known = this.items.peek() ?? [];
    const ids = new Set(known.map(({ id }) => id));
    this.items.value = [...known, ...items.filter(({ id }) => !ids.has(id))];
    this.#next = next ?? undefined;
    this.hasMore.value = next !== null;
  }

  async read({ id, readAt }: NotificationView): Promise<void> {
    if (readAt !== null) return;
    this.#put(await this.client.call("notification.read", { notificationId: id }));
  }

  async readAll(): Promise<void> {
    await this.client.call("notification.readAll", {});
    this.#markRead(null, new Date().toISOString());
  }

  /** The same subject may be notified of again; its row moves to the top then. */
  #put(changed: NotificationView): void {
    const items = this.items.peek();
    if (items === null) return;
    const isKnown = items.some(({ id }) => id === changed.id);
    this.items.value = isKnown
      ? items.map((each) => each.id === changed.id ? changed : each)
      : [changed, ...items];
  }

  #markRead(ids: readonly string[] | null, readAt: string): void {
    this.items.value =
      this.items.peek()?.map((each) =>
        each.readAt === null && (ids === null || ids.includes(each.id)) ? { ...each, readAt } : each
      ) ?? null;
  }
}
