import { basename } from "node:path";
import type { Operation } from "../../src/api/operation.ts";

const HEAD = `/**
 * Every operation of the server, by name. Made from the operations themselves by
 * \`deno task client:endpoints\`; a test fails when it is out of date.
 */
`;

/** Where an operation is declared: its module's path under src, and its name there. */
export interface Declared {
  module: string;
  name: string;
  operation: Operation;
}

/** The operations of all features, in order of their names. */
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

/** The source of src/client/endpoints.ts. */
function endpointsSource(declared: Declared[]): string {
  const modules = [...new Set(declared.map(({ module }) => module))].sort();
  const alias = (module: string) =>
    basename(module, ".ts").replace(/_(\w)/g, (_, letter) => letter.toUpperCase()) + "Operations";
  const imports = modules.map((module) => `import type * as ${alias(module)} from "../${module}";`);
  const types = declared.map(({ module, name, operation }) =>
    `  "${operation.name}": typeof ${alias(module)}.${name};`
  );
  const routes = declared.flatMap(({ operation: { name, rest } }) =>
    rest ? [`  "${name}": "${rest.method} ${rest.path}",`] : []
  );
  const commands = declared.flatMap(({ operation }) => operation.socket ? [operation.name] : []);
  const open = declared.flatMap(({ operation }) =>
    operation.access === "public" ? [operation.name] : []
  );
  const optional = declared.flatMap(({ operation }) =>
    operation.optionalSession ? [operation.name] : []
  );
  return [
    HEAD + imports.join("\n"),
    `export interface DeclaredOperations {\n${types.join("\n")}\n}`,
    `/** Method and path under /api. */\nexport const ROUTES = {\n${
      routes.join("\n")
    }\n} as const;`,
    `/** What sockets take as commands. */\nexport const COMMANDS = ${
      JSON.stringify(commands)
    } as const;`,
    `/** What needs no session. */\nexport const PUBLIC = ${JSON.stringify(open)} as const;`,
    `/** Those of them that act for the caller's account when a session comes along. */\n` +
    `export const OPTIONAL_SESSION = ${JSON.stringify(optional)} as const;`,
  ].join("\n\n") + "\n";
}

function isOperation(value: unknown): value is Operation {
  return typeof value === "object" && value !== null && "access" in value && "limit" in value &&
    "summary" in value;
}

if (import.meta.main) {
  const src = new URL("../../src/", import.meta.url);
  const path = new URL("client/endpoints.ts", src);
  await Deno.writeTextFile(path, endpointsSource(await declaredOperations(src)));
}
