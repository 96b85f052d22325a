import type { Context } from "hono";
import type { Visitor } from "../model/caller.ts";
import type { Trace } from "../operations/dispatcher.ts";

/** What the server is given with a request, and what every request carries once it is inside. */
export interface HttpEnv {
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: { visitor: Visitor; trace: Trace & { userId?: string; errorCode?: string } };
}

export type HttpContext = Context<HttpEnv>;
