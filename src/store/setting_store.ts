import type { Setting } from "../model/setting.ts";

/** Documents that administrators keep: few, and read by every instance. */
export interface SettingStore {
  /** All of them, in order of id. */
  list(): Promise<Setting[]>;
  byId(id: string): Promise<Setting | null>;
  /** Replaces the document of that id, or adds it. */
  put(setting: Setting): Promise<void>;
  /**
   * Puts `setting` in the place of `former`, of the same id; returns false, and changes nothing, if
   * the document was replaced since (it has another `updatedAt`) or removed.
   */
  replace(former: Setting, setting: Setting): Promise<boolean>;
  /** Returns false if there is none. */
  remove(id: string): Promise<boolean>;
}
