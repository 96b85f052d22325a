import type { AuditTrail } from "../audit/audit_trail.ts";
import type { Sessions } from "../auth/sessions.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { OwnAuthentication } from "../own_users/own_authentication.ts";
import type { Store } from "../store/store.ts";
import { ApiKeys } from "./api_keys.ts";
import { Authentication } from "./authentication.ts";
import { KeyUsage } from "./key_usage.ts";

export interface ApiKeysFeatureOptions {
  store: Store;
  auth: { audit: AuditTrail; sessions: Sessions };
  own: OwnAuthentication | null;
  clock: Clock;
  log: Log;
}

/** Creates the services of this feature and connects them. */
export function createApiKeys({ store, auth, own, clock, log }: ApiKeysFeatureOptions) {
  const usage = new KeyUsage(store, log);
  const keys = new ApiKeys({ store, audit: auth.audit, usage, clock });
  const authentication = new Authentication({ store, sessions: auth.sessions, keys, own, clock });
  return { keys, usage, authentication };
}
