import type { Media } from "../model/media.ts";
import type { Report } from "../model/report.ts";
import type { User } from "../model/user.ts";
import type { NewWebhookEvent, WebhookEventName } from "../model/webhook.ts";

/** Fields of a person that everyone may see: a change of any other is no event. */
const PUBLIC_FIELDS = ["username", "displayName", "bio", "avatarMediaId", "custom"] as const;

/** False for a change that cannot lead to an event. */
export function mayChangeProfile(patch: Partial<User>): boolean {
  return [...PUBLIC_FIELDS, "deletedAt" as const].some((field) => patch[field] !== undefined);
}

/**
 * Both adapters derive the events of rows outside chats here, in the transaction that writes them.
 */
export function userCreated({ id }: User): NewWebhookEvent {
  return eventOf("user.created", id);
}

/**
 * Returns no event for changes that concern only the person. No store changes a deleted account, so
 * its deletion is reported once.
 */
export function userChanged(before: User, after: User): NewWebhookEvent[] {
  const { id } = after;
  if (after.deletedAt !== null) return [eventOf("user.deleted", id)];
  const shown = (user: User) => JSON.stringify(PUBLIC_FIELDS.map((field) => user[field]));
  const isPublic = shown(before) !== shown(after);
  return isPublic ? [eventOf("user.updated", id)] : [];
}

/**
 * Null for a row that does not exist yet, or no more. An upload that never was ready has no events.
 */
export function mediaChanged(before: Media | null, after: Media | null): NewWebhookEvent[] {
  const [was, is] = [before?.status === "ready", after?.status === "ready"];
  if (was === is) return [];
  const { id } = (after ?? before)!;
  return [eventOf(is ? "media.ready" : "media.deleted", id)];
}

export function reportCreated({ id }: Report): NewWebhookEvent {
  return eventOf("report.created", id);
}

function eventOf(type: WebhookEventName, id: string): NewWebhookEvent {
  return { type, id, chatId: null, rev: null };
}
