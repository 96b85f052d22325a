import type { Context } from "hono";
import type { Access } from "../api/operation.ts";
import type { Visitor } from "../model/caller.ts";
import type { Trace } from "../operations/dispatcher.ts";

/** What the server is given with a request, and what every request carries once it is inside. */
export interface HttpEnv {
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: { visitor: Visitor; trace: HttpTrace };
}

export interface HttpTrace extends Trace {
  userId?: string;
  errorCode?: string;
  /** Of the operation that was called. */
  access?: Access;
  /** True if the request was refused for its access token. */
  tokenRefused?: boolean;
}

export type HttpContext = Context<HttpEnv>;
