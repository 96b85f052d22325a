import { basename } from "node:path";
import type { Operation } from "../../src/api/operation.ts";

const HEAD = `/**
 * Every operation of the server, by name. Made from the operations themselves by
 * \`deno task client:endpoints\`; a test fails when it is out of date.
 */
`;

/** Declaration of an operation: its module's path under src, and its name there. */
export interface Declared {
  module: string;
  name: string;
  operation: Operation;
}

/** Returns the operations of all features, in order of their names. */
export async function declaredOperations(src: URL): Promise<Declared[]> {
  const found: Declared[] = [];
  const folder = "api/operations/";
  for await (const file of Deno.readDir(new URL(folder, src))) {
    const module = folder + file.name;
    const exported = await import(new URL(module, src).href);
    for (const [name, value] of Object.entries(exported)) {
      if (isOperation(value)) found.push({ module, name, operation: value });
    }
  }
  return found.sort((a, b) => a.operation.name < b.operation.name ? -1 : 1);
}

/**
 * Operations that the library itself calls before a screen appears; the others are in a file that
 * is loaded when needed.
 */
const FIRST = [
  "auth.login",
  "auth.logout",
  "auth.refresh",
  "chat.changes",
  "chat.get",
  "chat.inbox",
  "chat.read",
  "message.list",
  "message.send",
  "presence.get",
  "request.list",
  "user.list",
];

/** An operation as the client's lists have it: letters for what it is, and its route. */
export function endpointOf({ socket, access, optionalSession, rest }: Operation): string {
  const letters = (socket ? "s" : "") + (access === "public" ? "p" : "") +
    (optionalSession ? "o" : "");
  return rest ? `${letters} ${rest.method} ${rest.path}` : letters;
}

/** The source of src/client/endpoints.ts. */
export function endpointsSource(declared: Declared[]): string {
  const modules = [...new Set(declared.map(({ module }) => module))].sort();
  const alias = (module: string) =>
    basename(module, ".ts").replace(/_(\w)/g, (_, letter) => letter.toUpperCase()) + "Operations";
  const imports = modules.map((module) => `import type * as ${alias(module)} from "../${module}";`);
  const types = declared.map(({ module, name, operation }) =>
    `  "${operation.name}": typeof ${alias(module)}.${name};`
  );
  const first = declared.filter(({ operation }) => FIRST.includes(operation.name));
  return [
    HEAD + imports.join("\n"),
    `export interface DeclaredOperations {\n${types.join("\n")}\n}`,
    "/**\n * Endpoints of a first screen, as letters (`s`: available on sockets; `p`: needs no session; `o`:\n" +
    " * uses a session if there is one), the method, and the path under /api.\n */\n" +
    table("FIRST_ENDPOINTS", first),
  ].join("\n\n") + "\n";
}

/** The source of src/client/all_endpoints.ts. */
export function allEndpointsSource(declared: Declared[]): string {
  const comment =
    "/** All endpoints, in the form of `FIRST_ENDPOINTS`; loaded when another one is first called. */\n";
  return HEAD + comment + table("ALL_ENDPOINTS", declared) + "\n";
}

function table(name: string, declared: Declared[]): string {
  const entries = declared.map(({ operation }) =>
    `  "${operation.name}": "${endpointOf(operation)}",`
  );
  return `export const ${name}: Readonly<Record<string, string>> = {\n${entries.join("\n")}\n};`;
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && "access" in value && "limit" in value &&
    "summary" in value;
}

if (import.meta.main) {
  const src = new URL("../../src/", import.meta.url);
  const declared = await declaredOperations(src);
  await Deno.writeTextFile(new URL("client/endpoints.ts", src), endpointsSource(declared));
  await Deno.writeTextFile(new URL("client/all_endpoints.ts", src), allEndpointsSource(declared));
}
