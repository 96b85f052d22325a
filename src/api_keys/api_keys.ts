import type { IdPage } from "../core/in_pages.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Clock } from "../core/clock.ts";
import { AppError, fieldError, notFound } from "../core/errors.ts";
import { newId } from "../core/ids.ts";
import { type ApiKey, apiKeyStateAt, type Scope } from "../model/api_key.ts";
import type { AuditNote } from "../model/audit_entry.ts";
import type { Caller, ServerCaller, Visitor } from "../model/caller.ts";
import type { Store } from "../store/store.ts";
import { isSameHash, keyTokenOf, newSecret, parseKeyToken, secretHashOf } from "./key_token.ts";
import type { KeyUsage } from "./key_usage.ts";

export interface ApiKeysOptions {
  store: Pick<Store, "apiKeys">;
  audit: AuditTrail;
  usage: KeyUsage;
  clock: Clock;
}

export interface NewApiKey {
  name: string;
  scopes: Scope[];
  expiresAt: number | null;
}

/** A key together with the token that is shown once. */
export interface MadeKey {
  key: ApiKey;
  token: string;
}

/** Maximum number of keys that work at a time. */
const MAX_ACTIVE = 200;

/**
 * Permissions of servers. `actor` is the administrator who asks; null for the operator's command on
 * the machine itself.
 */
export class ApiKeys {
  constructor(private readonly options: ApiKeysOptions) {}

  /** Throws `conflict` once there are as many active keys as there may be. */
  async create(actor: Caller | null, { name, scopes, expiresAt }: NewApiKey): Promise<MadeKey> {
    const { store, clock } = this.options;
    const now = clock.now();
    if (expiresAt !== null && expiresAt <= now) {
      const message = "Cannot make the API key: expiresAt is in the past";
      throw fieldError("invalid_request", "expiresAt", message);
    }
    const secret = newSecret();
    const key: ApiKey = {
      id: newId(),
      name,
      scopes,
      secretHash: secretHashOf(secret),
      previousHash: null,
      previousUntil: null,
      createdAt: now,
      createdBy: actor?.userId ?? null,
      expiresAt,
      endedAt: null,
      lastUsedAt: null,
      lastAddress: "",
    };
    const { outcome } = await store.apiKeys.create(key, MAX_ACTIVE);
    if (outcome === "full") throw tooMany();
    await this.#record(actor, "api_key.created", key);
    return { key, token: keyTokenOf(key.id, secret) };
  }

  list(page: IdPage): Promise<ApiKey[]> {
    return this.options.store.apiKeys.list(page);
  }

  /** The secret before works for `graceMs` longer; the one before that no longer works. */
  async rotate(actor: Caller | null, id: string, graceMs: number): Promise<MadeKey> {
    const { store, clock } = this.options;
    const secret = newSecret();
    const now = clock.now();
    const rotated = await store.apiKeys.rotate({
      id,
      secretHash: secretHashOf(secret),
      previousUntil: now + graceMs,
      now,
    });
    if (rotated === null) {
      if (!await store.apiKeys.byId(id)) throw notFound("API key", id);
      throw new AppError("conflict", "Cannot rotate the API key: it has ended or expired");
    }
    await this.#record(actor, "api_key.rotated", rotated);
    return { key: rotated, token: keyTokenOf(id, secret) };
  }

  /** Ending a key again changes nothing. */
  async end(actor: Caller | null, id: string): Promise<ApiKey> {
    const { store, clock } = this.options;
    const ended = await store.apiKeys.end(id, clock.now());
    if (ended === null) throw notFound("API key", id);
    await this.#record(actor, "api_key.ended", ended);
    return ended;
  }

  /**
   * Returns the server that calls with this key. Throws `unauthenticated` for any other text; only
   * the owner of a right secret learns that the key has ended or expired.
   */
  async authenticate(token: string, visitor: Visitor): Promise<ServerCaller> {
    const { store, usage, clock } = this.options;
    const now = clock.now();
    const parts = parseKeyToken(token);
    const key = parts && await store.apiKeys.byId(parts.id);
    if (!key || !isSecretOf(key, parts.secret, now)) {
      throw new AppError("unauthenticated", "The API key is not valid");
    }
    const state = apiKeyStateAt(key, now);
    if (state !== "active") {
      throw new AppError("unauthenticated", `The API key has ${state}`);
    }
    usage.note({ id: key.id, at: now, address: visitor.address });
    return { ...visitor, userId: null, key: { id: key.id, scopes: key.scopes } };
  }

  #record(actor: Caller | null, action: AuditNote["action"], { id, name }: ApiKey): Promise<void> {
    return this.options.audit.by(actor, { action, details: { apiKeyId: id, name } });
  }
}

function isSecretOf(key: ApiKey, secret: string, now: number): boolean {
  const hash = secretHashOf(secret);
  if (isSameHash(hash, key.secretHash)) return true;
  const { previousHash, previousUntil } = key;
  return previousHash !== null && previousUntil! > now && isSameHash(hash, previousHash);
}

function tooMany(): AppError {
  const message = `Cannot make the API key: there are ${MAX_ACTIVE} of them; end one first`;
  return new AppError("conflict", message);
}
