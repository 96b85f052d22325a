import type { Bot } from "../model/bot.ts";

export interface BotPage {
  kind: Bot["kind"];
  /** Only hooks of this chat; null for all. */
  chatId: string | null;
  /** Only lower ids; null for the first page. */
  before: string | null;
  limit: number;
}

/** `UserStore.create` writes a bot together with its user. */
export interface BotStore {
  /** Includes ended ones; null when missing. */
  byId(id: string): Promise<Bot | null>;
  /** Those that exist, once each, in no particular order. */
  byIds(ids: string[]): Promise<Bot[]>;
  /** Newest (highest id) first, without ended ones. */
  list(page: BotPage): Promise<Bot[]>;
  /** Sets the given fields; null, and changes nothing, if it is missing or has ended. */
  update(
    id: string,
    patch: Partial<Pick<Bot, "secretHash" | "commands" | "endedAt">>,
  ): Promise<Bot | null>;
}
