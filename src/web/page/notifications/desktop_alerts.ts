import { effect } from "@preact/signals";
import type { LocalMessage } from "../../../client/mod.ts";
import type { NotificationView } from "../../../api/views/notification.ts";
import { summaryOf } from "../inbox/last_line.tsx";
import { hashOfSubject } from "../state/notification_subject.ts";
import type { SignedIn } from "../state/signed_in.ts";
import { language, t } from "../texts/texts.ts";
import { plainText } from "../worker/push_texts.ts";
import { AlertRules } from "./alert_rules.ts";
import { pushState } from "./push_state.ts";
import { announceVisibility, isAnyVisible, whenFirst } from "./tab_locks.ts";

interface Alert {
  /** The tag of the server's push, so that a push and a tab never show the same twice. */
  tag: string;
  title: string;
  body: string;
  hash: string;
}

/**
 * Shows notifications of the operating system while the page is open and no tab of it is in view.
 * The server sends no push then, because the person is connected.
 */
export class DesktopAlerts {
  readonly #rules: AlertRules;
  readonly #listening = new AbortController();
  /** Chats with a notification that this tab shows. */
  readonly #shown = new Set<string>();
  readonly #stops: (() => void)[] = [];

  constructor(private readonly app: SignedIn) {
    this.#rules = new AlertRules(app.client);
    const { signal } = this.#listening;
    announceVisibility(signal);
    whenFirst(signal, () => this.#start());
  }

  stop(): void {
    this.#listening.abort();
    for (const stop of this.#stops) stop();
  }

  #start(): void {
    const { client } = this.app;
    // Not returned: the client would wait for it before it keeps the message.
    const run = (work: Promise<void>) =>
      void work.catch((error) => console.warn("Showing a notification failed:", error));
    this.#stops.push(
      client.on("message", ({ chatId, message }) => run(this.#onMessage(chatId, message))),
      client.on("notification", ({ data }) => run(this.#onNotification(data))),
      client.on("chat.notifications", ({ data }) => this.#rules.forget(data.chatId)),
      effect(() => {
        // The settings may be changed in between, on this page or on another device.
        if (pushState.value !== null && this.app.connection.value === "online") {
          this.#rules.forget();
        }
      }),
      effect(() => this.#withdrawRead()),
    );
  }

  async #onMessage(chatId: string, message: LocalMessage): Promise<void> {
    const { client, people } = this.app;
    const isOwn = message.senderId === client.userId;
    if (isOwn || message.deletedAt !== null || message.kind === "system") return;
    if (people.isBlocked(message.senderId) || !await this.#isWanted()) return;
    const kind = await this.#rules.kindOf(chatId, message);
    const row = client.inbox.row(chatId);
    if (kind === null || !row || row.unread === 0) return;
    const { hideContent } = await this.#rules.settings();
    const isHidden = hideContent || row.encrypted;
    const sender = people.nameOf(message.senderId);
    const text = summaryOf(message, people);
    this.#shown.add(chatId);
    await show({
      tag: chatId,
      title: isHidden ? plainText(kind, language.peek().code) : row.title || t().someone,
      body: isHidden ? "" : row.kind === "group" ? t().said(sender, text) : text,
      hash: hashOfSubject({ chatId, messageId: message.id }),
    });
  }

  /** Mentions and replies are shown as messages. */
  async #onNotification({ id, kind, chatId, messageId }: NotificationView): Promise<void> {
    if (kind === "mention" || kind === "reply" || !await this.#isWanted()) return;
    if (!await this.#rules.allows(kind)) return;
    const title = plainText(kind, language.peek().code);
    const body = (chatId && this.app.client.inbox.row(chatId)?.title) || "";
    await show({
      tag: tagOf(kind, { id, chatId, messageId }),
      title,
      body,
      hash: hashOfSubject({ chatId, messageId }),
    });
  }

  async #isWanted(): Promise<boolean> {
    const isOn = pushState.peek() === "page" || pushState.peek() === "always";
    return isOn && !await isAnyVisible();
  }

  /** Read here or on another device. */
  #withdrawRead(): void {
    for (const { chatId, unread } of this.app.inbox.value) {
      if (unread === 0 && this.#shown.delete(chatId)) void withdraw(chatId);
    }
  }
}

function tagOf(
  kind: string,
  { id, chatId, messageId }: { id: string; chatId: string | null; messageId: string | null },
): string {
  if (kind === "reaction") return `reaction:${messageId}`;
  return kind === "added_to_group" || kind === "role_changed" ? `group:${chatId}` : id;
}

async function show({ tag, title, body, hash }: Alert): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  const options = {
    tag,
    body,
    renotify: true,
    icon: "/web/icon_192.png",
    badge: "/web/badge_96.png",
    dir: "auto" as const,
    data: { hash },
  };
  await registration?.showNotification(title, options);
}

async function withdraw(tag: string): Promise<void> {
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const shown of await registration?.getNotifications({ tag }) ?? []) shown.close();
}
