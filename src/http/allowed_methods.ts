/** A route as Hono lists it. */
export interface Route {
  method: string;
  path: string;
}

/**
 * The methods that a path has, for `Allow` and to tell 405 from 404. Made from the routes when it is
 * asked, which only mistaken requests do. Routes for all methods are middleware, or would have
 * answered.
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
 * The methods of each path without parameters. Such a path goes before those with a parameter in its place,
 * for the methods that it lacks too: `search` is no message's id. A path for all methods is left out.
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

/** Hono's forms: `:name`, `:name{regex}` and `*`. */
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
