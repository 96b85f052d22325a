import { inPages } from "../core/in_pages.ts";
import type { Store } from "../store/store.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";
import { notificationView, pushDeviceView, settingsView } from "../api/views/notification.ts";

const PAGE = 100;

/** Personal data of notifications: the notifications, the settings, and the push devices. */
export class NotificationPersonalData implements PersonalData {
  readonly name = "notifications";

  constructor(
    private readonly store: Pick<Store, "notifications" | "pushDevices" | "shownPushes">,
  ) {}

  sections(userId: string): ExportSection[] {
    return [
      { name: "notifications", rows: this.#notifications(userId) },
      { name: "notificationSettings", rows: this.#settings(userId) },
      { name: "pushDevices", rows: this.#devices(userId) },
    ];
  }

  async erase(userId: string): Promise<void> {
    await this.store.pushDevices.deleteAllOf(userId);
    await this.store.shownPushes.deleteAllOf(userId);
    await this.store.notifications.deleteAllOf(userId);
    while ((await this.store.notifications.withdraw({ actorId: userId }, PAGE)).length > 0);
  }

  async *#notifications(userId: string): AsyncIterable<unknown> {
    const { notifications } = this.store;
    const rows = inPages(PAGE, ({ before, limit }) => notifications.page(userId, before, limit));
    for await (const row of rows) yield notificationView(row);
  }

  async *#settings(userId: string): AsyncIterable<unknown> {
    yield* (await this.store.notifications.settingsOf([userId])).map(settingsView);
  }

  /** Includes the push address, which is the user's own data. */
  async *#devices(userId: string): AsyncIterable<unknown> {
    for (const device of await this.store.pushDevices.ofUser(userId)) {
      yield { ...pushDeviceView(device), address: device.address };
    }
  }
}
