interface Documented {
  name: string;
  jsDoc?: { doc?: string };
}

interface Method extends Documented {
  kind: "method" | "getter" | "setter";
  accessibility?: "public" | "protected" | "private";
  isOverride?: boolean;
  jsDoc?: { doc?: string; tags?: { kind: string }[] };
}

interface Declaration extends Documented {
  kind: string;
  declarationKind: string;
  def: { methods?: Method[] };
}

interface Documentation {
  version: number;
  nodes: Record<string, { symbols: { name: string; declarations: Declaration[] }[] }>;
}

/** The form of `deno doc --json` that is read here. */
const VERSION = 2;

/**
 * Public functions of a module's exports, classes and their methods, whose doc comment has no
 * example. Left out are methods that are documented by the class they override, accessors, and
 * members that are private, protected or `@internal`.
 */
export async function functionsWithoutExample(path: string): Promise<string[]> {
  const { version, nodes } = await documentationOf(path);
  if (version !== VERSION) throw new Error(`Cannot read deno doc: version ${version} is unknown`);
  const symbols = Object.values(nodes).flatMap((node) => node.symbols);
  return symbols.flatMap(({ name, declarations }) =>
    declarations.flatMap((declaration) => missingIn(name, declaration))
  );
}

function missingIn(name: string, declaration: Declaration): string[] {
  const { kind, def } = declaration;
  if (kind !== "function" && kind !== "class") return [];
  const methods = (def.methods ?? []).filter(isPublic).filter((method) => !hasExample(method));
  return [
    ...(hasExample(declaration) ? [] : [name]),
    ...new Set(methods.map((method) => `${name}.${method.name}`)),
  ];
}

function isPublic({ kind, accessibility, isOverride, jsDoc }: Method): boolean {
  if (kind !== "method" || isOverride || !["public", undefined].includes(accessibility)) {
    return false;
  }
  return !jsDoc?.tags?.some((tag) => tag.kind === "internal");
}

function hasExample({ jsDoc }: Documented): boolean {
  return /^```ts( ignore)?\n/m.test(jsDoc?.doc ?? "");
}

async function documentationOf(path: string): Promise<Documentation> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", path],
  }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`Cannot read the documentation of ${path}: ${new TextDecoder().decode(stderr)}`);
}
