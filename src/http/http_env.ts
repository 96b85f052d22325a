import type { Context } from "hono";
import type { Access } from "../api/operation.ts";
import type { Visitor } from "../model/caller.ts";
import type { Trace } from "../operations/dispatcher.ts";

/**
 * The types of Hono's context: the connection's information, and the variables that the middleware
 * sets.
 */
export interface HttpEnv {
  Bindings: Partial<Deno.ServeHandlerInfo>;
  Variables: { visitor: Visitor; trace: HttpTrace };
}

export interface HttpTrace extends Trace {
  userId?: string;
  /** The API key of the server that called. */
  keyId?: string;
  errorCode?: string;
  /** Access level of the called operation. */
  access?: Access;
  /** True if the request was refused for its access token. */
  tokenRefused?: boolean;
}

export type HttpContext = Context<HttpEnv>;
