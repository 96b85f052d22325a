import type { Visitor } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import { bind, type Bound } from "../operations/handler.ts";
import { profileView } from "../wire/user.ts";
import type { Accounts } from "./accounts.ts";
import * as operations from "./operations.ts";
import type { Sessions } from "./sessions.ts";

export interface AuthServices {
  accounts: Accounts;
  sessions: Sessions;
}

export function authHandlers({ accounts, sessions }: AuthServices): Bound[] {
  const signedIn = async (user: User, visitor: Visitor, deviceName?: string) => ({
    user: profileView(user),
    ...await sessions.open(user.id, visitor, deviceName),
  });
  return [
    bind(operations.register, async (visitor, { deviceName, ...registration }) => {
      return await signedIn(await accounts.register(registration), visitor, deviceName);
    }),
    bind(operations.login, async (visitor, { identifier, password, deviceName }) => {
      const user = await accounts.authenticate(identifier, password);
      return await signedIn(user, visitor, deviceName);
    }),
    bind(operations.refreshToken, async (visitor, { refreshToken }) => {
      return await sessions.refresh(refreshToken, visitor);
    }),
    bind(operations.logout, async ({ sessionId }) => {
      await sessions.end(sessionId, "logout");
    }),
  ];
}
