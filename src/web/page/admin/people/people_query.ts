import { type ChatClient, ChatError, type Output } from "../../../../client/mod.ts";
import type { Page } from "../../components/use_pages.ts";

export type Account = Output<"admin.user">;

/** By which property of people a text is looked up. */
export type SearchKey = "name" | "email" | "externalId";

export type PeopleFilter = "all" | "suspended" | "admins" | "bots";

export interface PeopleQuery {
  text: string;
  by: SearchKey;
  filter: PeopleFilter;
}

const PAGE = 20;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Each address that is looked up is recorded, so one that is being typed is not. */
const EMAIL = /^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$/;
const FILTERS = {
  all: {},
  suspended: { suspended: true },
  admins: { role: "admin" },
  bots: { bot: true },
} as const;
const NOBODY: Page<Account> = { items: [], next: null };

/** Without a text, the newest accounts first. */
export async function findPeople(
  client: ChatClient,
  { text, by, filter }: PeopleQuery,
  cursor?: string,
): Promise<Page<Account>> {
  const rest = { ...FILTERS[filter], cursor, limit: PAGE };
  if (text === "") return await client.call("admin.users", rest);
  if (by === "email") {
    return EMAIL.test(text) ? await client.call("admin.users", { ...rest, email: text }) : NOBODY;
  }
  if (by === "externalId") {
    return await client.call("admin.users", { ...rest, externalId: text });
  }
  if (ID.test(text)) {
    const found = await findAccount(client, text.toLowerCase());
    return { items: found ? [found] : [], next: null };
  }
  return await client.call("admin.users", { ...rest, q: text.replace(/^@/, "") });
}

/** Returns null if there is no such account. */
export async function findAccount(client: ChatClient, userId: string): Promise<Account | null> {
  try {
    return await client.call("admin.user", { userId });
  } catch (error) {
    const isMissing = error instanceof ChatError &&
      (error.code === "not_found" || error.code === "invalid_request");
    if (isMissing) return null;
    throw error;
  }
}
