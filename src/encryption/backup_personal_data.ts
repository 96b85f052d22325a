import { toTimestamp } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";

/** A user's history backup. Its parts are sealed, and say nothing to anyone without the key. */
export class BackupPersonalData implements PersonalData {
  readonly name = "history backup";

  constructor(private readonly store: Pick<Store, "historyBackups">) {}

  sections(userId: string): ExportSection[] {
    return [{ name: "historyBackups", rows: this.#rows(userId) }];
  }

  async erase(userId: string): Promise<void> {
    await this.store.historyBackups.deleteOf(userId);
  }

  async *#rows(userId: string): AsyncIterable<unknown> {
    const backup = await this.store.historyBackups.ofUser(userId);
    if (!backup) return;
    const { id, parts, createdAt, updatedAt } = backup;
    yield { id, parts, createdAt: toTimestamp(createdAt), updatedAt: toTimestamp(updatedAt) };
  }
}
