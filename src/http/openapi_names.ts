/** `message.send` → `messageSend`: generators make functions of these names. */
export function openApiName(operation: string): string {
  return operation.replaceAll(/\.(\w)/g, (_, first: string) => first.toUpperCase());
}

/** `message.send` → `MessageSend`, with which names of types begin. */
export function openApiTypeName(operation: string): string {
  const name = openApiName(operation);
  return name[0].toUpperCase() + name.slice(1);
}

export interface DocumentedPath {
  /** In the form of OpenAPI: `/api/messages/{id}`. */
  path: string;
  /** The documented names of the parameters, by their names in the route. */
  parameters: ReadonlyMap<string, string>;
}

const PARAMETER = /:(\w+)(?:\{[^/]*\})?/g;

/**
 * The documented form of each route's path. To OpenAPI, paths that differ by the name of a parameter
 * only are one path (`GET /messages/:chatId`, `PUT /messages/:messageId`): they share the name `id`.
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

/** Each parameter with where it stands in the shape of its path, which is the same for every name. */
function places(route: string): [place: string, name: string][] {
  const shape = route.replaceAll(PARAMETER, ":");
  return [...route.matchAll(PARAMETER)].map(([, name], at) => [`${shape}#${at}`, name]);
}
