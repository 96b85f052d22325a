import { indexedDbStore } from "../../../client/indexed_db_store.ts";
import { DATABASE } from "../state/database.ts";
import { hashOfSubject } from "../state/notification_subject.ts";
import { readPushRecord } from "../state/push_record.ts";
import type { LanguageCode } from "../texts/texts.ts";
import { browserLanguage, plainText } from "./push_texts.ts";
import { openTabs } from "./tabs.ts";
import { scope } from "./worker_scope.ts";

/** As the server sends it: see `WebPushPayload` there. */
interface PushPayload {
  /** Null if the content must not be shown. */
  alert: { title: string; body: string } | null;
  /** Number of unread messages; null if it has not changed. */
  badge: number | null;
  tag: string | null;
  data: Record<string, string>;
}

/** Shows a push, or takes back the one that it withdraws. */
export async function onPush(payload: unknown): Promise<void> {
  if (!isPayload(payload)) return;
  const { badge, data } = payload;
  if (badge !== null) await setBadge(badge);
  if (data.type === "withdrawn") return await withdraw(data.tag);
  // The person sees it in the tab.
  if ((await openTabs()).some(({ focused }) => focused)) return;
  await show(payload);
}

async function show({ alert, tag, data }: PushPayload): Promise<void> {
  const title = alert?.title ?? plainText(data.type, await language());
  const options = {
    body: alert?.body ?? "",
    // The messages of a chat replace each other, and each is announced.
    ...(tag !== null && { tag, renotify: true }),
    icon: "/web/icon_192.png",
    badge: "/web/badge_96.png",
    dir: "auto" as const,
    data: { hash: hashOfSubject(data) },
  };
  await scope.registration.showNotification(title, options);
}

async function withdraw(tag: string): Promise<void> {
  for (const shown of await scope.registration.getNotifications({ tag })) shown.close();
}

/** Sets the badge of the installed app. Browsers without one reject. */
async function setBadge(count: number): Promise<void> {
  await scope.navigator.setAppBadge?.(count).catch(() => {});
}

async function language(): Promise<LanguageCode> {
  try {
    const record = await readPushRecord(await indexedDbStore(DATABASE));
    if (record) return record.language;
  } catch {
    // Without a database the browser's language has to do.
  }
  return browserLanguage(scope.navigator.languages);
}

/** Only the server can send here; still, an unreadable push must not end in an error. */
function isPayload(payload: unknown): payload is PushPayload {
  return typeof payload === "object" && payload !== null && "data" in payload &&
    typeof payload.data === "object" && payload.data !== null && "type" in payload.data;
}
