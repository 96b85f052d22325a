import assert from "node:assert/strict";
import type { NotificationView } from "../../src/api/views/notification.ts";
import type { ChatClient } from "../../src/client/mod.ts";
import { NotificationList } from "../../src/web/page/notifications/notification_list.ts";

/** As many notifications as the ids, unread. */
function notifications(...ids: string[]): NotificationView[] {
  return ids.map((id) => ({ id, readAt: null }) as NotificationView);
}

/** A client with pages of notifications, whose events the test sends. */
function clientWith(...pages: NotificationView[][]) {
  const heard = new Map<string, (event: { data: unknown }) => void>();
  const cursors: (string | undefined)[] = [];
  const client = {
    on(event: string, listener: (event: { data: unknown }) => void) {
      heard.set(event, listener);
      return () => heard.delete(event);
    },
    call(operation: string, input: { cursor?: string }) {
      if (operation !== "notification.list") return Promise.resolve({});
      const at = Number(input.cursor ?? 0);
      cursors.push(input.cursor);
      const next = at + 1 < pages.length ? String(at + 1) : null;
      return Promise.resolve({ items: pages[at], next });
    },
  } as unknown as ChatClient;
  return { client, heard, cursors, list: new NotificationList(client) };
}

const idsOf = ({ items }: NotificationList) => items.peek()?.map(({ id }) => id);

Deno.test("the list of notifications hears nothing more once it is closed", async () => {
  const { list, heard } = clientWith(notifications("a"));
  await list.load();
  assert(heard.size > 0);
  list.stop();
  assert.deepEqual([...heard.keys()], []);
});

Deno.test("the list of notifications goes on by the cursor, and shows none twice", async () => {
  const { list, heard, cursors } = clientWith(notifications("c", "b"), notifications("b", "a"));
  heard.get("notification")!({ data: notifications("early")[0] });
  assert.equal(list.items.peek(), null, "what comes before the first page is in that page");
  await list.load();
  assert.equal(list.hasMore.peek(), true);
  heard.get("notification")!({ data: notifications("d")[0] });
  await list.load();
  assert.deepEqual(idsOf(list), ["d", "c", "b", "a"]);
  assert.equal(list.hasMore.peek(), false);
  assert.deepEqual(cursors, [undefined, "1"]);
});

Deno.test("the list of notifications marks those that are read, and drops those removed", async () => {
  const { list, heard } = clientWith(notifications("c", "b", "a"));
  const data = { notificationIds: ["b"], readAt: "2026-01-01T00:00:00.000Z" };
  heard.get("notification.read")!({ data });
  heard.get("notification.removed")!({ data });
  assert.equal(list.items.peek(), null);
  await list.load();
  heard.get("notification.read")!({ data });
  const unread = () => list.items.peek()!.filter(({ readAt }) => !readAt).map(({ id }) => id);
  assert.deepEqual(unread(), ["c", "a"]);
  heard.get("notification.removed")!({ data: { notificationIds: ["c"] } });
  assert.deepEqual(idsOf(list), ["b", "a"]);
  const [first] = list.items.peek()!;
  await list.readAll();
  assert.deepEqual(unread(), []);
  assert.equal(list.items.peek()![0].readAt, first.readAt, "a time of reading stays");
});
