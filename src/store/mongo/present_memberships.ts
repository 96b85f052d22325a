import type { Collection } from "mongodb";
import { BatchLoader } from "../../core/batch_loader.ts";
import type { Membership } from "../../model/membership.ts";
import { among } from "./row_loaders.ts";

type MembershipDocument = Membership & { _id: string };

/** Memberships of a person's first page; longer pages are read alone. */
export const FIRST_PAGE = 500;
const PEOPLE_PER_READ = 100;

/** Loads the first page of the chats of people, in order of `chatId`. */
export function presentLoader(
  memberships: Collection<MembershipDocument>,
): (userId: string) => Promise<MembershipDocument[]> {
  const loader = new BatchLoader<MembershipDocument[]>({
    maxKeys: PEOPLE_PER_READ,
    missing: () => [],
    async read(userIds) {
      const pages = new Map<string, MembershipDocument[]>();
      for (let rest = userIds; rest.length > 0;) rest = await readSome(memberships, rest, pages);
      return pages;
    },
  });
  return (userId) => loader.load(userId);
}

/**
 * Reads the pages of as many people as two pages of rows hold, at least of one, and returns the
 * others.
 */
async function readSome(
  memberships: Collection<MembershipDocument>,
  userIds: string[],
  pages: Map<string, MembershipDocument[]>,
): Promise<string[]> {
  const limit = 2 * FIRST_PAGE;
  const rows = await memberships.find({ ...among("userId", userIds), leftAt: null })
    .sort({ userId: 1, chatId: 1 }).limit(limit).toArray();
  for (const row of rows) {
    const page = pages.get(row.userId);
    if (page) page.push(row);
    else pages.set(row.userId, [row]);
  }
  if (rows.length < limit) return [];
  const { userId: last } = rows[rows.length - 1];
  const isWhole = pages.get(last)!.length >= FIRST_PAGE;
  if (!isWhole) pages.delete(last);
  return userIds.filter((userId) => userId > last || (userId === last && !isWhole));
}
