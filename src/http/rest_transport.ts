import type { Hono } from "hono";
import type { Limits } from "../config.ts";
import { sharedTurns } from "../core/turns.ts";
import type { Dispatcher } from "../operations/dispatcher.ts";
import type { Answer, Bound } from "../operations/handler.ts";
import { unknownField } from "../operations/json_input.ts";
import type { RestRoute } from "../api/operation.ts";
import { type Authenticator, identify } from "./authenticate.ts";
import type { HttpContext, HttpEnv } from "./http_env.ts";
import { type BodyLimits, readJsonObject } from "./json_body.ts";
import { convertParams, type FieldKinds, fieldKinds, queryInput } from "./query_input.ts";

export const API_PREFIX = "/api";

export interface RestTransportOptions {
  authenticator: Authenticator;
  dispatcher: Dispatcher;
  limits: Limits;
}

/** Mounts a route for every operation that has a REST form. */
export function mountRestTransport(
  app: Hono<HttpEnv>,
  bound: readonly Bound[],
  options: RestTransportOptions,
): void {
  const routed = bound.filter(({ operation }) => operation.rest !== undefined);
  assertDistinct(routed);
  for (const one of routed.toSorted(byPrecedence)) {
    const { method, path } = one.operation.rest!;
    app.on(method, API_PREFIX + path, restHandler(one, options));
  }
}

function restHandler(bound: Bound, { authenticator, dispatcher, limits }: RestTransportOptions) {
  const { access, rest } = bound.operation;
  const bodyBytes = Math.max(limits.bodyBytes, rest!.bodyLimit?.(limits) ?? 0);
  const readInput = inputReader(bound, { ...limits, bodyBytes });
  return async (c: HttpContext): Promise<Response> => {
    // The caller is identified first, so that nothing is read for callers without access.
    const caller = await identify(c, access, authenticator);
    c.get("trace").access = access;
    const input = await readInput(c);
    const answer = await dispatcher.dispatch(bound, caller, input, c.get("trace"));
    return await sharedTurns.run(() => respond(answer));
  };
}

/**
 * Returns a reader that combines the path and the query (GET) or the body (all other methods) into
 * one input. A field has one place: a path field in the body, or a query on a method with a body,
 * is an unknown field.
 */
function inputReader({ operation }: Bound, limits: BodyLimits) {
  let cached: FieldKinds | undefined;
  // Created on first use: eighty schemas at start-up would slow down a cold start.
  const kinds = () => cached ??= fieldKinds(operation.input);
  const { method, path } = operation.rest!;
  const hasParams = path.includes(":");
  return async (c: HttpContext): Promise<Record<string, unknown>> => {
    const { raw } = c.req;
    let fields: Record<string, unknown>;
    if (method === "GET") fields = queryInput(raw.url, kinds());
    else {
      for (const name in queryInput(raw.url, {})) throw unknownField(name);
      fields = await readJsonObject(raw, limits);
    }
    if (!hasParams) return fields;
    const params = convertParams(c.req.param() as Record<string, string>, kinds());
    for (const name in params) if (Object.hasOwn(fields, name)) throw unknownField(name);
    return { ...params, ...fields };
  };
}

function respond({ status, data }: Answer<unknown>): Response {
  if (status === 204) return new Response(null, { status });
  return new Response(JSON.stringify(data ?? null), {
    status,
    headers: { "content-type": "application/json" },
  });
}

/**
 * Sorts routes, because Hono uses the first one that matches: literal segments must come before
 * parameters.
 */
function byPrecedence(a: Bound, b: Bound): number {
  const rank = ({ path }: RestRoute) => path.replaceAll(/:[^/]+/g, "~");
  const [left, right] = [rank(a.operation.rest!), rank(b.operation.rest!)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function assertDistinct(bound: readonly Bound[]): void {
  const seen = new Map<string, string>();
  for (const { operation } of bound) {
    const { method, path } = operation.rest!;
    const route = `${method} ${path.replaceAll(/:[^/]+/g, ":")}`;
    const other = seen.get(route);
    if (other) throw new Error(`${operation.name} and ${other} both claim ${method} ${path}`);
    seen.set(route, operation.name);
  }
}
