import { ACT_AS_HEADER } from "../operations/key_access.ts";
import type { Operation } from "../api/operation.ts";

const ACCESS: Readonly<Record<Operation["access"], string>> = {
  public: "Needs no access token.",
  session: "Needs an access token.",
  admin: "Needs an access token of an administrator.",
  server: "Needs an API key of a server.",
};

/**
 * Returns the description below an operation's summary: its documented text, and the rules for
 * access and rate.
 */
export function describe(operation: Operation): string {
  const { name, access, scope, optionalSession, limit, socket, description } = operation;
  const needs = optionalSession
    ? "Works without an access token; with one, it acts for the account of that session."
    : ACCESS[access];
  const command = socket ? ` On the sockets it is the command \`${name}\`.` : "";
  const byKey = scope === undefined ? "" : ` ${byKeyOf(access, scope)}`;
  const rules = `${needs}${byKey} Counts against the rate limit \`${limit}\`.${command}`;
  return description === undefined ? rules : `${description}\n\n${rules}`;
}

/** Returns what an API key needs for the operation. */
function byKeyOf(access: Operation["access"], scope: string): string {
  if (access === "server") return `The key needs the scope \`${scope}\`.`;
  const inName = access === "session"
    ? `the scopes \`${scope}\` and \`act_as\`, and acts for the person in \`${ACT_AS_HEADER}\``
    : `the scope \`${scope}\``;
  return `An API key needs ${inName}.`;
}
