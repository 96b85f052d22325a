import type { User } from "../../model/user.ts";
import { Table } from "./table.ts";

export const USERS = new Table<User>("users", {
  id: "value",
  username: "value",
  usernameKey: "value",
  email: "value",
  emailKey: "value",
  emailVerifiedAt: "value",
  passwordHash: "value",
  displayName: "value",
  bio: "value",
  avatarMediaId: "value",
  custom: "json",
  status: "json",
  lastSeenAt: "value",
  lastSeenHidden: "boolean",
  role: "value",
  suspension: "json",
  externalId: "value",
  pictureUrl: "value",
  deactivatedAt: "value",
  totp: "json",
  recoveryCodes: "json",
  createdAt: "value",
  updatedAt: "value",
  deletedAt: "value",
});
