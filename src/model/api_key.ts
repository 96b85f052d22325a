/**
 * Permissions of an API key. An operation names the one that it requires; a key without it is
 * refused. Each is described in `SCOPE_TEXTS`.
 */
export const SCOPES = [
  "users:read",
  "users:write",
  "admins:write",
  "tokens:write",
  "act_as",
  "chats:read",
  "chats:write",
  "messages:read",
  "messages:write",
  "events:write",
  "moderation",
  "moderation:read",
  "admin:read",
  "webhooks",
  "bots",
  "import",
  "calls",
] as const;

export type Scope = typeof SCOPES[number];

/** For the documents and for `deno task apikey`. */
export const SCOPE_TEXTS: Readonly<Record<Scope, string>> = Object.freeze({
  "users:read": "find people, read and export them",
  "users:write": "make, change, deactivate and erase people",
  "admins:write": "make administrators, and change, sign in or erase those who are",
  "tokens:write": "sign people in, and end their sessions",
  "act_as": "act in a person's name, within the key's other scopes",
  "chats:read": "read chats and their members",
  "chats:write": "make and change chats",
  "messages:read": "read messages and uploads",
  "messages:write": "send, edit and delete messages, and upload",
  "events:write": "send events that are not stored",
  "moderation": "suspend people, handle reports, freeze chats, remove messages and members",
  "moderation:read": "find any person and chat, and read any message",
  "admin:read": "read reports, the audit trail and statistics",
  "webhooks": "manage webhooks",
  "bots": "manage bots",
  "import": "import people, chats and messages with their times",
  "calls": "make tokens for calls",
});

/**
 * A server's permission to call the API. Its secret is shown once, when it is made, and only its
 * hash is stored.
 */
export interface ApiKey {
  id: string;
  /** For its administrators to tell keys apart. */
  name: string;
  scopes: Scope[];
  /** SHA-256 of the secret that works now. */
  secretHash: string;
  /** SHA-256 of the secret before a rotation, and until when it still works; null without one. */
  previousHash: string | null;
  previousUntil: number | null;
  createdAt: number;
  /** Null for a key that an operator made on the machine itself. */
  createdBy: string | null;
  /** Null for a key that does not expire. */
  expiresAt: number | null;
  endedAt: number | null;
  /** Written some time after the use; null before the first one. */
  lastUsedAt: number | null;
  lastAddress: string;
}

/** A key is one of these at any time: only an active key works. */
export type ApiKeyState = "active" | "expired" | "ended";

export function apiKeyStateAt(
  { endedAt, expiresAt }: Pick<ApiKey, "endedAt" | "expiresAt">,
  now: number,
): ApiKeyState {
  if (endedAt !== null) return "ended";
  return expiresAt !== null && expiresAt <= now ? "expired" : "active";
}
