import type { Setting } from "../model/setting.ts";

/** Documents that administrators keep: few, and read by every instance. */
export interface SettingStore {
  /** All of them, in order of id. */
  list(): Promise<Setting[]>;
  byId(id: string): Promise<Setting | null>;
  /** Replaces the document of that id, or adds it. */
  put(setting: Setting): Promise<void>;
  /** Returns false if there is none. */
  remove(id: string): Promise<boolean>;
}
