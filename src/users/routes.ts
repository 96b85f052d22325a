import type { Hono } from "hono";
import { EXPORT_ROUTE } from "../api/operations/personal_data.ts";
import type { StepUp } from "../auth/step_up.ts";
import type { AuditTrail } from "../audit/audit_trail.ts";
import { type Authenticator, identifyCaller } from "../http/authenticate.ts";
import type { HttpEnv } from "../http/http_env.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { PersonalDataExport } from "./personal_data_export.ts";

export interface ExportRouteOptions {
  authenticator: Authenticator;
  dispatcher: Dispatcher;
  personalDataExport: PersonalDataExport;
  audit: AuditTrail;
  proof: StepUp;
}

/**
 * A separate route, because it streams and an operation returns one value. Needs a recent proof: it
 * is the whole account in one file.
 */
export function mountExport(app: Hono<HttpEnv>, options: ExportRouteOptions): void {
  app.get(EXPORT_ROUTE.path, async (c) => {
    const caller = await identifyCaller(c, options.authenticator);
    await options.dispatcher.charge("reset", caller, c.get("trace"));
    options.proof.require(caller, "Cannot export the data");
    await options.audit.own(caller.userId, caller, { action: "data.exported" });
    return new Response(options.personalDataExport.stream(caller.userId), {
      headers: {
        "content-type": "application/json",
        "content-disposition": 'attachment; filename="realtimechat-export.json"',
      },
    });
  });
}
