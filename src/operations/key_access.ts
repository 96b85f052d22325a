import { AppError } from "../core/errors.ts";
import type { Scope } from "../model/api_key.ts";
import type { Caller, CallerKey, Visitor } from "../model/caller.ts";
import type { User } from "../model/user.ts";
import type { Operation } from "../api/operation.ts";
import { isCaller } from "./rate_key.ts";

/** The header that names the person in whose name a server acts. */
export const ACT_AS_HEADER = "X-Act-As";

/**
 * Throws `forbidden` if the caller has an API key that lacks the operation's scope, or has none and
 * needs one, and `unauthenticated` if the operation takes no keys. A person's rights are checked
 * elsewhere: a key in a person's name may do what both may.
 */
export function assertKeyMay(
  { access, scope }: Pick<Operation, "access" | "scope">,
  caller: Caller | Visitor,
): void {
  const { key } = caller;
  if (access === "public") return;
  if (!key) {
    if (access === "server") throw forbidden("Only a server with an API key may do this");
    return;
  }
  if (scope === undefined) {
    throw new AppError("unauthenticated", "No API key may do this: it needs a person's session");
  }
  requireScope(key, scope);
  if (isCaller(caller)) {
    requireScope(key, "act_as");
    if (access === "server") {
      throw forbidden(`A server does this by itself, without ${ACT_AS_HEADER}`);
    }
  } else if (access === "session") {
    throw forbidden(`A server does this in a person's name: send the person in ${ACT_AS_HEADER}`);
  }
}

/** Throws `forbidden`, naming the scope that the key lacks. */
export function requireScope({ scopes }: CallerKey, scope: Scope): void {
  if (!scopes.includes(scope)) throw forbidden(`The API key lacks the scope ${scope}`);
}

/**
 * Throws `forbidden` if a key without `admins:write` would change an administrator, in whatever
 * name.
 */
export function requireMayChange({ key }: Visitor, { role }: Pick<User, "role">): void {
  if (key && role === "admin") requireScope(key, "admins:write");
}

function forbidden(message: string): AppError {
  return new AppError("forbidden", message);
}
