import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Access } from "../api/operation.ts";
import type { HttpContext } from "./http_env.ts";

/**
 * Implemented by the auth feature. Throws `unauthenticated` (where an account was suspended too: that
 * ends its sessions) and `token_expired`.
 */
export interface Authenticator {
  authenticate(token: string, visitor: Visitor): Promise<Caller>;
}

/** RFC 6750, section 2.1. Null where there is none; another scheme is as good as none. */
export function bearerToken(headers: Headers): string | null {
  const header = headers.get("authorization");
  if (header === null) return null;
  return /^bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1] ?? null;
}

/**
 * Who asks. Where no session is needed a valid token is still taken (the second factor is verified
 * with and without one), and one that is not valid is as good as none: a client that logs in again
 * may well send its old token along.
 */
export async function identify(
  c: HttpContext,
  access: Access,
  authenticator: Authenticator,
): Promise<Caller | Visitor> {
  const token = bearerToken(c.req.raw.headers);
  const visitor = c.get("visitor");
  if (token === null) {
    if (access === "public") return visitor;
    throw new AppError("unauthenticated", "This needs an access token: Authorization: Bearer …");
  }
  try {
    const caller = await authenticator.authenticate(token, visitor);
    c.get("trace").userId = caller.userId;
    return caller;
  } catch (error) {
    const isRefusal = error instanceof AppError && error.code !== "unavailable";
    if (access === "public" && isRefusal) return visitor;
    c.get("trace").tokenRefused = isRefusal;
    throw error;
  }
}

/** For raw routes that need a session. */
export function identifyCaller(c: HttpContext, authenticator: Authenticator): Promise<Caller> {
  return identify(c, "session", authenticator) as Promise<Caller>;
}
