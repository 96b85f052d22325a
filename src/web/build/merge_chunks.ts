import { createHash } from "node:crypto";

/** Code of all parts by file name, as the bundler wrote it. */
export type Parts = Map<string, string>;

/** As the bundler minifies them: at the beginning and the end of a part. */
const IMPORT = /import\s*(?:\{([^}]*)\}\s*from\s*)?"\.\/([^"]+\.js)";?/g;
const LAZY_IMPORT = /import\("\.\/([^"]+\.js)"\)/g;
const EXPORT = /export\s*\{([^}]*)\};?\s*$/;

/**
 * Puts the entry and every part that it imports into one file, so that the first screen takes one
 * request for its code: the bundler makes a part for each set of entries that share some code, a
 * dozen of them. Each part becomes a scope in the entry; parts that are loaded on first use import
 * those scopes from it. Returns the name of the merged entry.
 *
 * All names get one hash of all code: the entry and the parts name each other.
 */
export function mergeChunks(parts: Parts, entry: string): { merged: Parts; entry: string } {
  const order = inOrder(parts, entry);
  order.splice(-1, 0, ...stubs(parts, order));
  const scopes = new Map(order.map((name, at) => [name, `$${at}`]));
  const code = order.map((name) => {
    return scopeOf(present(parts.get(name)!, scopes).code, scopes, scopes.get(name)!);
  });
  code.push(`export{${[...scopes.values()].join(",")}};`);
  const merged: Parts = new Map([[entry, together(code.join("\n"), parts, scopes)]]);
  for (const [name, part] of parts) {
    if (!scopes.has(name)) merged.set(name, together(linked(part, scopes, entry), parts, scopes));
  }
  const hash = createHash("sha256").update(JSON.stringify([...merged])).digest("hex").slice(0, 10);
  const named = (name: string) => name.replace(/\.js$/, `-${hash}.js`);
  const final = [...merged].map(([name, code]) =>
    [named(name), renamed(code, merged, named)] as const
  );
  return { merged: new Map(final), entry: named(entry) };
}

/** Returns the code of a part that is not in the entry, and takes the scopes there from it. */
function linked(part: string, scopes: ReadonlyMap<string, string>, entry: string): string {
  const { code, used } = present(part, scopes);
  const body = code.replaceAll(IMPORT, (whole, names, from) => {
    const scope = scopes.get(from);
    if (scope === undefined) return whole;
    used.add(scope);
    return names === undefined ? "" : `const{${destructured(names)}}=${scope};`;
  });
  return used.size > 0 ? `import{${[...used].join(",")}}from"./${entry}";${body}` : body;
}

/**
 * Returns the parts that only pass on what is in the entry: some code imports a module on first use
 * that other code imports at once. To fetch a file for it would take a round trip for nothing.
 */
function stubs(parts: Parts, order: readonly string[]): string[] {
  return [...parts].filter(([name, code]) => {
    const sources = [...code.matchAll(IMPORT)].map(([, , from]) => from);
    const rest = code.replaceAll(IMPORT, "").replace(EXPORT, "").trim();
    return !order.includes(name) && rest === "" && sources.every((from) => order.includes(from));
  }).map(([name]) => name);
}

/** Lets an import on first use of a part that is in the entry resolve to its scope. */
function present(
  code: string,
  scopes: ReadonlyMap<string, string>,
): { code: string; used: Set<string> } {
  const used = new Set<string>();
  const replaced = code.replaceAll(LAZY_IMPORT, (whole, name) => {
    const scope = scopes.get(name);
    if (scope === undefined) return whole;
    used.add(scope);
    return `Promise.resolve(${scope})`;
  });
  return { code: replaced, used };
}

/** The entry and every part that it imports, each after its own imports. */
function inOrder(parts: Parts, entry: string): string[] {
  const order: string[] = [];
  const visit = (name: string) => {
    if (order.includes(name)) return;
    for (const [, , from] of parts.get(name)!.matchAll(IMPORT)) visit(from);
    order.push(name);
  };
  visit(entry);
  return order;
}

function scopeOf(code: string, scopes: ReadonlyMap<string, string>, scope: string): string {
  const [, exported = ""] = code.match(EXPORT) ?? [];
  const body = code.replace(EXPORT, "").replaceAll(IMPORT, (_, names, from) => {
    return names === undefined ? "" : `const{${destructured(names)}}=${scopes.get(from)};`;
  });
  return `const ${scope}=(()=>{${body}\nreturn{${returned(exported)}}})();`;
}

/** `a as b, c` of an import: `a:b,c`. */
function destructured(names: string): string {
  return names.split(",").map((each) => each.trim().replace(/\s+as\s+/, ":")).join(",");
}

/** `a as b, c` of an export: `b:a,c`. */
function returned(names: string): string {
  return names.split(",").map((each) => each.trim().replace(/^(\S+)\s+as\s+(\S+)$/, "$2:$1"))
    .join(",");
}

/**
 * Lets an import on first use fetch all files that it takes at once: a browser learns of the
 * further ones only when the first is there, which costs a round trip.
 */
function together(code: string, parts: Parts, scopes: ReadonlyMap<string, string>): string {
  return code.replaceAll(LAZY_IMPORT, (whole, name) => {
    const others = inOrder(parts, name).filter((each) => each !== name && !scopes.has(each));
    const all = [...others.map((each) => `import("./${each}")`), whole];
    return all.length === 1 ? whole : `(${all.join(",")})`;
  });
}

/** A part that names another may do so in an import on first use, too. */
function renamed(code: string, parts: Parts, named: (name: string) => string): string {
  return code.replaceAll(/"\.\/([^"]+\.js)"/g, (whole, name) => {
    return parts.has(name) ? `"./${named(name)}"` : whole;
  });
}
