import { z } from "zod";
import { lazy } from "../../core/lazy.ts";
import { flag, page, timestamp, userId } from "../fields.ts";
import { operation } from "../operation.ts";
import { UserView } from "../views/user.ts";

const tag = "Blocking and reporting";

export const blockUser = operation({
  name: "user.block",
  summary: "Block a person, or unblock them; they are not told",
  tag,
  access: "session",
  limit: "write",
  input: () => z.strictObject({ userId, unblock: flag.default(false) }),
  output: () => z.strictObject({ userId, blocked: flag }),
  rest: { method: "POST", path: "/users/block" },
  errors: ["not_found", "conflict"],
});

const BlockedUserView = lazy(() =>
  z.strictObject({ user: UserView(), blockedAt: timestamp })
    .meta({ id: "BlockedUser" })
);

export const listBlocked = operation({
  name: "user.blocked",
  summary: "Whom the caller has blocked, most recently first",
  tag,
  access: "session",
  limit: "read",
  input: () => z.strictObject({}),
  output: () => page(BlockedUserView()),
  rest: { method: "GET", path: "/users/blocked" },
});
