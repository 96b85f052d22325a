import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import type { Store } from "../store/store.ts";
import type { FilePosition } from "./line_reader.ts";

/** Name of the setting that holds it. */
const SETTING = "import";

const Stored = z.object({
  bytes: z.int().min(1),
  lines: z.int().min(1),
  sha256: z.string(),
  refused: z.int().min(0),
});

/** How far a run has come, and how many of the lines until there it has refused. */
export type Progress = FilePosition & { refused: number };

/**
 * Remembers how far an import has come, in the store itself: a store that is put back to an earlier
 * state has the checkpoint of that state. It only saves time, since every line may be repeated.
 */
export class Checkpoint {
  constructor(
    private readonly store: Pick<Store, "settings">,
    private readonly clock: Clock,
  ) {}

  async load(): Promise<Progress | null> {
    const setting = await this.store.settings.byId(SETTING);
    return Stored.safeParse(setting?.value).data ?? null;
  }

  async save(value: Progress): Promise<void> {
    const updatedAt = this.clock.now();
    await this.store.settings.put({ id: SETTING, value, updatedBy: SETTING, updatedAt });
  }

  /** The next run begins at the first line, and tries refused lines again. */
  async clear(): Promise<void> {
    await this.store.settings.remove(SETTING);
  }
}
