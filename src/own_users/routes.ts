import type { Hono } from "hono";
import { EXPORT_OWN_USER_ROUTE, externalId } from "../api/operations/own_users.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import { type Authenticator, identifyServer } from "../http/authenticate.ts";
import type { HttpEnv } from "../http/http_env.ts";
import { type Dispatcher, validate } from "../operations/dispatcher.ts";
import type { PersonalDataExport } from "../users/personal_data_export.ts";
import type { OwnUsers } from "./own_users.ts";

export interface OwnUserRouteOptions {
  authenticator: Authenticator;
  dispatcher: Dispatcher;
  personalDataExport: PersonalDataExport;
  audit: AuditTrail;
  people: OwnUsers;
}

/** A separate route, because it streams and an operation returns one value. */
export function mountOwnUserExport(app: Hono<HttpEnv>, options: OwnUserRouteOptions): void {
  app.get(EXPORT_OWN_USER_ROUTE.path, async (c) => {
    const caller = await identifyServer(c, options.authenticator, EXPORT_OWN_USER_ROUTE.scope!);
    const id = validate(externalId(), c.req.param("externalId"));
    await options.dispatcher.charge("key", caller, c.get("trace"));
    const user = await options.people.require(id);
    await options.audit.by(caller, { action: "data.exported", userId: user.id });
    return new Response(options.personalDataExport.stream(user.id), {
      headers: { "content-type": "application/json" },
    });
  });
}
