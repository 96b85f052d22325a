/** One route in the form in which Hono lists it. */
export interface Route {
  method: string;
  path: string;
}

/**
 * Returns the methods of a path, for the header `Allow` and to distinguish 405 from 404. The list
 * is computed on demand, because only mistaken requests need it. Routes for all methods are
 * skipped: they are middleware, or would have answered the request.
 */
export function allowedMethods(routes: readonly Route[], path: string): string[] {
  const fixed = fixedMethods(routes).get(path);
  const found = new Set<string>(fixed);
  for (const route of fixed ? [] : routes) {
    if (route.method !== "ALL" && patternOf(route.path).test(path)) found.add(route.method);
  }
  if (found.size === 0) return [];
  if (found.has("GET")) found.add("HEAD");
  return [...found.add("OPTIONS")].sort();
}

/**
 * Returns the methods of each path without parameters. Such a path takes precedence over paths with
 * a parameter in the same place, for methods that it lacks too: `search` is never the id of a
 * message. Paths for all methods are left out.
 */
export function fixedMethods(routes: readonly Route[]): Map<string, Set<string>> {
  const fixed = new Map<string, Set<string>>();
  for (const { method, path } of routes) {
    if (/[:*]/.test(path)) continue;
    fixed.set(path, (fixed.get(path) ?? new Set()).add(method));
  }
  for (const [path, methods] of fixed) {
    if (methods.has("ALL")) fixed.delete(path);
    else if (methods.has("GET")) methods.add("HEAD");
  }
  return fixed;
}

const patterns = new Map<string, RegExp>();

/**
 * Translates Hono's forms of a segment to a regular expression: `:name`, `:name{regex}` and `*`.
 */
function patternOf(route: string): RegExp {
  let pattern = patterns.get(route);
  if (!pattern) {
    const source = route.split("/").map(segmentPattern).join("/");
    patterns.set(route, pattern = new RegExp(`^${source}$`));
  }
  return pattern;
}

function segmentPattern(segment: string): string {
  if (segment === "*") return ".*";
  const parameter = /^:[\w]+(?:\{(.+)\})?$/.exec(segment);
  if (parameter) return parameter[1] ? `(?:${parameter[1]})` : "[^/]+";
  return segment.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
