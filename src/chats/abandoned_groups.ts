import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Store } from "../store/store.ts";
import type { ExportSection, PersonalData } from "../users/personal_data.ts";

/** Maximum number of messages deleted in one transaction. */
const MESSAGES_PER_TRANSACTION = 100;
const GROUPS_PER_QUERY = 20;

/**
 * Deletes the content of groups that every member has left. Safe to repeat, and safe to run on
 * several instances at once. The erasure of an account runs it too, because its last step may have
 * made the last member leave.
 */
export class AbandonedGroups implements PersonalData {
  readonly name = "abandoned groups";

  constructor(
    private readonly store: Pick<Store, "abandonedGroups">,
    private readonly clock: Clock,
    private readonly log: Log,
    /** Called when uploads may have lost their last use. */
    private readonly onUploadsReleased: () => void,
  ) {}

  /** Never throws: a failed run is repeated within the hour. */
  async run(): Promise<void> {
    try {
      await this.erase();
    } catch (error) {
      this.log.warn("Cleanup of abandoned groups failed", { error });
    }
  }

  sections(): ExportSection[] {
    return [];
  }

  async erase(): Promise<void> {
    const { abandonedGroups } = this.store;
    for (let found = GROUPS_PER_QUERY; found === GROUPS_PER_QUERY;) {
      const ids = await abandonedGroups.list(GROUPS_PER_QUERY);
      found = ids.length;
      for (const id of ids) {
        while (!await abandonedGroups.clear(id, this.clock.now(), MESSAGES_PER_TRANSACTION));
      }
      if (found > 0) this.onUploadsReleased();
    }
  }
}
