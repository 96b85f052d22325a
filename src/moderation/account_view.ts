import type { AdminUserView } from "../api/operations/admin_people.ts";
import { userView } from "../api/views/user.ts";
import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import { isDeliverable } from "../core/mail_address.ts";
import type { Visitor } from "../model/caller.ts";
import { type Suspension, suspensionAt } from "../model/user.ts";
import type { AccountOverview } from "./people_directory.ts";

/** Servers get no addresses: nothing that they do here needs one. */
export function accountView(
  { user, sessions, storage, reports }: AccountOverview,
  { key }: Visitor,
  now: number,
): AdminUserView {
  const suspension = user.deactivatedAt === null ? suspensionAt(user, now) : null;
  return {
    ...userView(user),
    email: !key && isDeliverable(user.email) ? user.email : null,
    emailVerifiedAt: toTimestampOrNull(user.emailVerifiedAt),
    externalId: user.externalId,
    role: user.role,
    twoFactorEnabled: (user.totp?.enabledAt ?? null) !== null,
    shadowedAt: toTimestampOrNull(user.shadowedAt),
    suspension: suspension && inForce(suspension),
    deactivatedAt: toTimestampOrNull(user.deactivatedAt),
    createdAt: toTimestamp(user.createdAt),
    lastSeenAt: toTimestampOrNull(user.lastSeenAt),
    sessions,
    storageBytes: storage.bytes,
    reports,
  };
}

function inForce({ at, until, reason, byUserId }: Suspension) {
  return { at: toTimestamp(at), until: toTimestampOrNull(until), reason, byUserId };
}
