/**
 * The methods that a path has, for `Allow` and to tell 405 from 404. Made from the routes when it is
 * asked, which only mistaken requests do. Routes for all methods are middleware, or would have
 * answered.
 */
export function allowedMethods(
  routes: readonly { method: string; path: string }[],
  path: string,
): string[] {
  const found = new Set<string>();
  for (const route of routes) {
    if (route.method !== "ALL" && patternOf(route.path).test(path)) found.add(route.method);
  }
  if (found.size === 0) return [];
  if (found.has("GET")) found.add("HEAD");
  return [...found.add("OPTIONS")].sort();
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
