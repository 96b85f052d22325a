import { createHash } from "node:crypto";

/** Keeps the clientIds of imported messages separate from those of people. */
const PREFIX = "import:";
/** Characters of a clientId. */
const MAX_LENGTH = 64;

/**
 * Returns the clientId of an imported message: `(chat, sender, clientId)` is unique for ever, so
 * that a message is imported once. A long external id is hashed.
 */
export function clientIdOf(externalId: string): string {
  const clientId = PREFIX + externalId;
  if (clientId.length <= MAX_LENGTH) return clientId;
  return PREFIX + createHash("sha256").update(externalId).digest("base64url");
}
