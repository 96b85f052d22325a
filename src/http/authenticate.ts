import { AppError } from "../core/errors.ts";
import type { Caller, Visitor } from "../model/caller.ts";
import type { Access } from "../api/operation.ts";
import type { HttpContext } from "./http_env.ts";

/**
 * Verifies access tokens; implemented by the auth feature. Throws `unauthenticated` (also for a
 * suspended account, because a suspension ends its sessions) and `token_expired`.
 */
export interface Authenticator {
  authenticate(token: string, visitor: Visitor): Promise<Caller>;
}

/**
 * Returns the bearer token (RFC 6750, section 2.1), or null if there is none. Another
 * authentication scheme counts as no token.
 */
export function bearerToken(headers: Headers): string | null {
  const header = headers.get("authorization");
  if (header === null) return null;
  return /^bearer +([\w.~+/=-]+) *$/i.exec(header)?.[1] ?? null;
}

/**
 * Returns the caller of a request. An operation that needs no session still uses a valid token if
 * there is one (the second factor is verified with and without one), and ignores an invalid token:
 * a client that logs in again may well send its old token along.
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

/** Identifies the caller of a raw route that needs a session. */
export function identifyCaller(c: HttpContext, authenticator: Authenticator): Promise<Caller> {
  return identify(c, "session", authenticator) as Promise<Caller>;
}
