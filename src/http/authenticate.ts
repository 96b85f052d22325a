import { AppError } from "../core/errors.ts";
import type { Scope } from "../model/api_key.ts";
import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import { ACT_AS_HEADER, assertKeyMay } from "../operations/key_access.ts";
import type { Access } from "../api/operation.ts";
import type { HttpContext } from "./http_env.ts";

/**
 * Verifies access tokens and API keys; implemented by a feature. Throws `unauthenticated` (also for
 * a suspended account, because a suspension ends its sessions) and `token_expired`, and
 * `invalid_request` if `actAs` names no person in whose name a server could act.
 */
export interface Authenticator {
  authenticate(
    token: string,
    visitor: Visitor,
    actAs: string | null,
  ): Promise<Caller | ServerCaller>;
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
): Promise<Caller | ServerCaller | Visitor> {
  const token = bearerToken(c.req.raw.headers);
  const visitor = c.get("visitor");
  if (token === null) {
    if (access === "public") return visitor;
    throw new AppError("unauthenticated", "This needs an access token: Authorization: Bearer …");
  }
  try {
    const actAs = c.req.raw.headers.get(ACT_AS_HEADER);
    const caller = await authenticator.authenticate(token, visitor, actAs);
    c.get("trace").userId = caller.userId ?? undefined;
    c.get("trace").keyId = caller.key?.id;
    return caller;
  } catch (error) {
    const isRefusal = error instanceof AppError && error.code !== "unavailable";
    if (access === "public" && isRefusal) return visitor;
    c.get("trace").tokenRefused = isRefusal;
    throw error;
  }
}

/** Identifies the caller of a raw route that is for servers, whose key needs the scope. */
export async function identifyServer(
  c: HttpContext,
  authenticator: Authenticator,
  scope: Scope,
): Promise<ServerCaller> {
  const caller = await identify(c, "server", authenticator);
  assertKeyMay({ access: "server", scope }, caller);
  return caller as ServerCaller;
}

/**
 * Identifies the caller of a raw route that needs a session. An API key in a person's name is
 * accepted if the route has a scope and the key has it too.
 */
export async function identifyCaller(
  c: HttpContext,
  authenticator: Authenticator,
  scope?: Scope,
): Promise<Caller> {
  const caller = await identify(c, "session", authenticator);
  assertKeyMay({ access: "session", scope }, caller);
  return caller as Caller;
}
