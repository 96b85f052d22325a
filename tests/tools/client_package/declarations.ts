/**
 * The types of the client library's package, without any dependency.
 *
 * The compiler's own declarations, gathered from the exports of the entries. Types from outside the
 * client (rows and operations, which come from zod schemas) are written out, so that users need
 * neither zod nor the server's sources.
 */
import ts from "typescript";
import { fileURLToPath } from "node:url";
import { withPlatformTypes } from "./platform_types.ts";
import { KEPT_NAMES, writtenOut } from "./written_out_types.ts";

const SRC = fileURLToPath(new URL("../../../src/", import.meta.url));
const CLIENT = `${SRC}client/`;
/** Types that depend on code outside the client are written out, like the types of zod schemas. */
const WRITTEN_OUT = ["Operations"];
const HEADER =
  "/** The types of the RealTimeChat client library; made by `deno task build:client`. */\n";

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  stripInternal: true,
  declaration: true,
  emitDeclarationOnly: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.esnext.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
  types: [],
};

/** A module of the package, without its ending, and the text of its `.d.ts`. */
export type Declarations = [module: string, text: string];

interface Gathered {
  symbol: ts.Symbol;
  node: ts.Declaration;
}

/**
 * `types.d.ts` contains every type once, and the entries' declarations export them from there, so
 * that a class is the same whichever entry it is imported from. Throws when two types would have
 * one name.
 */
export function packageDeclarations(entries: string[]): Declarations[] {
  const program = declarationProgram(entries.map(sourceOf));
  const checker = program.getTypeChecker();
  const exported = entries.map((entry) => {
    const file = program.getSourceFile(sourceOf(entry))!;
    return checker.getExportsOfModule(checker.getSymbolAtLocation(file)!);
  });
  const gathered = gather(checker, exported.flat().map((each) => unaliased(checker, each)));
  const names = gathered.map(({ symbol }) => symbol.name).sort();
  const texts = [...declarationTexts(checker, gathered), `export { ${names.join(", ")} };\n`];
  const types = withPlatformTypes(texts.join("\n"));
  return [
    ["types", HEADER + types],
    ...entries.map((entry, at): Declarations => [entry, reexport(entry, exported[at])]),
  ];
}

function sourceOf(entry: string): string {
  return `${CLIENT}${entry}.ts`;
}

function reexport(entry: string, exported: ts.Symbol[]): string {
  const names = exported.map(({ name }) => name).sort();
  const up = "../".repeat(entry.split("/").length - 1) || "./";
  return `${HEADER}export { ${names.join(", ")} } from "${up}types.js";\n`;
}

/** Returns those symbols, and every symbol of this project that their declarations name. */
function gather(checker: ts.TypeChecker, queue: ts.Symbol[]): Gathered[] {
  const gathered = new Map<string, Gathered>();
  for (let symbol = queue.shift(); symbol; symbol = queue.shift()) {
    const node = ownDeclaration(symbol);
    if (!node) continue;
    const known = gathered.get(symbol.name);
    if (known && known.symbol !== symbol) throw new Error(`Two types are named ${symbol.name}`);
    if (known) continue;
    gathered.set(symbol.name, { symbol, node });
    if (!isWrittenOut(symbol, node)) queue.push(...namedIn(checker, node));
  }
  return [...gathered.values()];
}

/**
 * Two passes: sources to declarations, and declarations to a program in which names can be looked
 * up.
 */
function declarationProgram(entries: string[]): ts.Program {
  const host = ts.createCompilerHost(OPTIONS);
  host.resolveModuleNameLiterals = (literals, file) =>
    literals.map(({ text }) => ({ resolvedModule: resolved(host, text, file) }));
  const emitted = new Map<string, string>();
  const sources = ts.createProgram(entries, OPTIONS, host);
  sources.emit(undefined, (name, text) => {
    emitted.set(name.replace(/\.d\.ts$/, ".ts"), text);
  });
  const { getSourceFile } = host;
  host.getSourceFile = (name, languageVersion) => {
    const text = emitted.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, languageVersion, true);
    return sources.getSourceFile(name) ?? getSourceFile.call(host, name, languageVersion);
  };
  return ts.createProgram(entries, { ...OPTIONS, noEmit: true }, host);
}

/** Resolves bare names as Deno does, to the declarations beside the module. */
function resolved(
  host: ts.CompilerHost,
  name: string,
  from: string,
): ts.ResolvedModuleFull | undefined {
  if (name.startsWith(".")) {
    return ts.resolveModuleName(name, from, OPTIONS, host).resolvedModule;
  }
  if (!from.startsWith(SRC)) return undefined;
  const path = fileURLToPath(import.meta.resolve(name)).replace(/\.(m?)js$/, ".d.$1ts");
  if (!host.fileExists(path)) return undefined;
  return { resolvedFileName: path, extension: ts.Extension.Dts, isExternalLibraryImport: true };
}

function declarationTexts(
  checker: ts.TypeChecker,
  all: Gathered[],
): string[] {
  const write = writtenOut(checker);
  const outside = all.filter(({ symbol, node }) => isWrittenOut(symbol, node));
  // Rows first: an operation that accepts or returns one then refers to it by name.
  const rows = outside.filter(({ symbol }) => !WRITTEN_OUT.includes(symbol.name));
  const texts = [...rows, ...outside.filter((each) => !rows.includes(each))].map(({ symbol }) => {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    return `type ${symbol.name} = ${write(type, symbol.name)};`;
  });
  const inside = all.filter(({ symbol, node }) => !isWrittenOut(symbol, node));
  return [...inside.map(({ node }) => textOf(node)), ...texts];
}

function textOf(node: ts.Declaration): string {
  const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  const text = whole.getText().replace(/^export /, "");
  const needsDeclare = /^(abstract class|class|function|const)/.test(text);
  const comment = ts.getLeadingCommentRanges(whole.getSourceFile().text, whole.pos) ?? [];
  const about = comment.map(({ pos, end }) => whole.getSourceFile().text.slice(pos, end));
  return [...about.slice(-1), (needsDeclare ? "declare " : "") + text].join("\n");
}

/** Returns the symbols of this project that a declaration names. */
function namedIn(checker: ts.TypeChecker, node: ts.Declaration): ts.Symbol[] {
  const found: ts.Symbol[] = [];
  const visit = (each: ts.Node): void => {
    if (ts.isIdentifier(each)) {
      const symbol = checker.getSymbolAtLocation(each);
      if (symbol) found.push(unaliased(checker, symbol));
    }
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

function ownDeclaration(symbol: ts.Symbol): ts.Declaration | undefined {
  const all = symbol.declarations?.filter((each) =>
    each.getSourceFile().fileName.startsWith(SRC) && isTopLevel(each)
  );
  return all?.find((each) => !ts.isVariableDeclaration(each)) ?? all?.[0];
}

function isTopLevel(node: ts.Declaration): boolean {
  const whole = ts.isVariableDeclaration(node) ? node.parent.parent : node;
  return !ts.isSourceFile(whole) && ts.isSourceFile(whole.parent);
}

function isWrittenOut(symbol: ts.Symbol, node: ts.Declaration): boolean {
  if (KEPT_NAMES.has(symbol.name)) return false;
  return !node.getSourceFile().fileName.startsWith(CLIENT) ||
    WRITTEN_OUT.includes(symbol.name) || /\bz\.infer</.test(node.getText());
}

function unaliased(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
