import { toTimestamp, toTimestampOrNull } from "../core/clock.ts";
import type { Clock } from "../core/clock.ts";
import { AppError } from "../core/errors.ts";
import type { StepUp } from "../auth/step_up.ts";
import { type ApiKey, apiKeyStateAt } from "../model/api_key.ts";
import type { Caller } from "../model/caller.ts";
import { type AdminCaller, bind, type Bound } from "../operations/handler.ts";
import { isCaller } from "../operations/rate_key.ts";
import * as operations from "../api/operations/api_keys.ts";
import type { ApiKeys, MadeKey } from "./api_keys.ts";

export interface ApiKeyServices {
  keys: ApiKeys;
  proof: StepUp;
  clock: Clock;
}

/** Making a secret needs a recent proof of identity; ending a key does not, so that it is quick. */
export function apiKeyHandlers({ keys, proof, clock }: ApiKeyServices): Bound[] {
  const proved = (caller: AdminCaller, action: string) => {
    const person = personOf(caller);
    proof.require(person, action);
    return person;
  };
  const view = (key: ApiKey) => apiKeyView(key, clock.now());
  const withToken = ({ key, token }: MadeKey) => ({ ...view(key), token });
  return [
    bind(operations.createApiKey, async (caller, { expiresAt = null, ...fields }) => {
      const actor = proved(caller, "Cannot make an API key");
      return withToken(await keys.create(actor, { ...fields, expiresAt }));
    }),
    bind(operations.listApiKeys, async (_caller, { limit, cursor = null }) => {
      const items = (await keys.list({ before: cursor, limit })).map(view);
      return { items, next: items.length < limit ? null : items.at(-1)!.id };
    }),
    bind(operations.rotateApiKey, async (caller, { keyId, graceSeconds }) => {
      const actor = proved(caller, "Cannot rotate the API key");
      return withToken(await keys.rotate(actor, keyId, graceSeconds * 1000));
    }),
    bind(operations.endApiKey, async (caller, { keyId }) => {
      return view(await keys.end(personOf(caller), keyId));
    }),
  ];
}

/** No scope lets a key make keys, so that a stolen one cannot outlive its end. */
function personOf(caller: AdminCaller): Caller {
  if (isCaller(caller) && !caller.key) return caller;
  throw new AppError("unauthenticated", "No API key may do this: it needs a person's session");
}

function apiKeyView(key: ApiKey, now: number) {
  const { id, name, scopes, createdBy, lastAddress, previousUntil } = key;
  const hasPrevious = previousUntil !== null && previousUntil > now;
  return {
    id,
    name,
    scopes,
    state: apiKeyStateAt(key, now),
    createdAt: toTimestamp(key.createdAt),
    createdBy,
    expiresAt: toTimestampOrNull(key.expiresAt),
    endedAt: toTimestampOrNull(key.endedAt),
    previousUntil: hasPrevious ? toTimestamp(previousUntil) : null,
    lastUsedAt: toTimestampOrNull(key.lastUsedAt),
    lastAddress,
  };
}
