import { createHash } from "node:crypto";

/** Code of all parts by file name, as the bundler wrote it. */
export type Parts = Map<string, string>;

/** As the bundler minifies them: at the beginning and the end of a part. */
const IMPORT = /import\s*(?:\{([^}]*)\}\s*from\s*)?"\.\/([^"]+\.js)";?/g;
const EXPORT = /export\s*\{([^}]*)\};?\s*$/;

/**
 * Puts the entry and every part that it imports into one file, so that the first screen takes one request
 * for its code: the bundler makes a part for each set of entries that share some code, a dozen of them. Each
 * part becomes a scope in the entry; parts that are loaded on first use import those scopes from it. Returns
 * the name of the merged entry.
 *
 * All names get one hash of all code: the entry and the parts name each other.
 */
export function mergeChunks(parts: Parts, entry: string): { merged: Parts; entry: string } {
  const order = inOrder(parts, entry);
  const scopes = new Map(order.map((name, at) => [name, `$${at}`]));
  const hash = createHash("sha256").update(JSON.stringify([...parts])).digest("hex").slice(0, 10);
  const named = (name: string) => name.replace(/\.js$/, `-${hash}.js`);
  const code = order.map((name) => scopeOf(parts.get(name)!, scopes, scopes.get(name)!));
  code.push(`export{${[...scopes.values()].join(",")}};`);
  const merged: Parts = new Map([[named(entry), renamed(code.join("\n"), parts, named)]]);
  for (const [name, part] of parts) {
    if (scopes.has(name)) continue;
    const importing = part.replaceAll(IMPORT, (whole, names, from) => {
      const scope = scopes.get(from);
      if (scope === undefined) return whole;
      const head = `import{${scope}}from"./${entry}";`;
      return names === undefined ? head : head + `const{${destructured(names)}}=${scope};`;
    });
    merged.set(named(name), renamed(importing, parts, named));
  }
  return { merged, entry: named(entry) };
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

/** A part that names another may do so in an import on first use, too. */
function renamed(code: string, parts: Parts, named: (name: string) => string): string {
  return code.replaceAll(/"\.\/([^"]+\.js)"/g, (whole, name) => {
    return parts.has(name) ? `"./${named(name)}"` : whole;
  });
}
