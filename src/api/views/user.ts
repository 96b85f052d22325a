import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { toTimestamp, toTimestampOrNull } from "../../core/clock.ts";
import { isDeliverable } from "../../core/mail_address.ts";
import type { User } from "../../model/user.ts";
import { customView } from "../custom_data.ts";
import { mediaId, timestamp, userId } from "../fields.ts";

export const UserView = lazy(() =>
  z.object({
    id: userId,
    username: z.string(),
    displayName: z.string(),
    bio: z.string(),
    avatarMediaId: mediaId.nullable(),
    custom: customView().optional(),
    bot: z.literal(true).optional().describe("Present for a person that a program plays"),
  }).meta({ id: "User", description: "What everyone may see of a person" })
);

export type UserView = z.infer<ReturnType<typeof UserView>>;

export function userView(user: User): UserView {
  const { id, username, displayName, bio, avatarMediaId, custom, isBot } = user;
  return {
    id,
    username,
    displayName,
    bio,
    avatarMediaId,
    ...(custom && { custom }),
    ...(isBot && { bot: true as const }),
  };
}

/** Replaces the profile of a user whom the caller may not see. */
export function hiddenUserView(id: string): UserView {
  return { id, username: "", displayName: "", bio: "", avatarMediaId: null };
}

export const ProfileView = lazy(() =>
  UserView().extend({
    email: z.string().describe("Empty for a person of the customer, who has none here"),
    emailVerifiedAt: timestamp.nullable(),
    status: z.object({
      state: z.enum(["online", "away", "busy", "invisible"]),
      text: z.string(),
    }).describe("What the person chose to show"),
    lastSeenHidden: z.boolean(),
    hasPassword: z.boolean(),
    twoFactorEnabled: z.boolean(),
    role: z.enum(["user", "admin"]),
    createdAt: timestamp,
    updatedAt: timestamp,
    deletedAt: timestamp.nullable(),
  }).meta({ id: "Profile", description: "The caller's own account" })
);

export type ProfileView = z.infer<ReturnType<typeof ProfileView>>;

export function profileView(user: User): ProfileView {
  return {
    ...userView(user),
    email: isDeliverable(user.email) || user.externalId === null ? user.email : "",
    emailVerifiedAt: toTimestampOrNull(user.emailVerifiedAt),
    status: user.status,
    lastSeenHidden: user.lastSeenHidden,
    hasPassword: user.passwordHash !== null,
    twoFactorEnabled: (user.totp?.enabledAt ?? null) !== null,
    role: user.role,
    createdAt: toTimestamp(user.createdAt),
    updatedAt: toTimestamp(user.updatedAt),
    deletedAt: toTimestampOrNull(user.deletedAt),
  };
}
