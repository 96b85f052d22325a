import type { Operation } from "../api/operation.ts";

const ACCESS: Readonly<Record<Operation["access"], string>> = {
  public: "Needs no access token.",
  session: "Needs an access token.",
  admin: "Needs an access token of an administrator.",
};

/**
 * Returns the description below an operation's summary: its documented text, and the rules for
 * access and rate.
 */
export function describe(operation: Operation): string {
  const { name, access, optionalSession, limit, socket, description } = operation;
  const needs = optionalSession
    ? "Works without an access token; with one, it acts for the account of that session."
    : ACCESS[access];
  const command = socket ? ` On the sockets it is the command \`${name}\`.` : "";
  const rules = `${needs} Counts against the rate limit \`${limit}\`.${command}`;
  return description === undefined ? rules : `${description}\n\n${rules}`;
}
