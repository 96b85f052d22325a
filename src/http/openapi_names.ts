/** Converts `message.send` to `messageSend`: client generators name functions after it. */
export function openApiName(operation: string): string {
  return operation.replaceAll(/\.(\w)/g, (_, first: string) => first.toUpperCase());
}

/** Converts `message.send` to `MessageSend`, the prefix of type names. */
export function openApiTypeName(operation: string): string {
  const name = openApiName(operation);
  return name[0].toUpperCase() + name.slice(1);
}

export interface DocumentedPath {
  /** Path in OpenAPI's notation: `/api/messages/{id}`. */
  path: string;
  /** Documented parameter names by their names in the route. */
  parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /:(\w+)(?:\{[^/]*\})?/g;

/**
 * Returns the documented form of each route's path. In OpenAPI, paths that differ only in the name
 * of a parameter are one path (`GET /messages/:chatId`, `PUT /messages/:messageId`), so their
 * parameter gets the shared name `id`.
 */
export function openApiPaths(routes: readonly string[]): Map<string, DocumentedPath> {
  const names = new Map<string, Set<string>>();
  for (const route of routes) {
    for (const [place, name] of places(route)) {
      names.set(place, (names.get(place) ?? new Set()).add(name));
    }
  }
  return new Map(routes.map((route) => {
    const parameters = new Map(
      places(route).map(([place, name]) => [name, names.get(place)!.size > 1 ? "id" : name]),
    );
    const path = route.replaceAll(PARAMETER, (_, name: string) => `{${parameters.get(name)}}`);
    return [route, { path, parameters }];
  }));
}

/**
 * Returns each parameter with its position in the path's shape, which does not depend on parameter
 * names.
 */
function places(route: string): [place: string, name: string][] {
  const shape = route.replaceAll(PARAMETER, ":");
  return [...route.matchAll(PARAMETER)].map(([, name], at) => [`${shape}#${at}`, name]);
}
