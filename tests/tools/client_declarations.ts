/**
 * The client library's types in one file that needs nothing else, for those who use the bundle.
 *
 * The compiler's own declarations, gathered from what `src/client/mod.ts` exports. What comes from
 * outside the client (rows and operations, which are made of zod schemas) is written out, so that
 * nobody needs zod or the server's sources.
 */
import ts from "typescript";
import { fileURLToPath } from "node:url";
import { writtenOut } from "./written_out_types.ts";

const SRC = fileURLToPath(new URL("../../src/", import.meta.url));
const CLIENT = `${SRC}client/`;
const ENTRY = `${CLIENT}mod.ts`;
/** Made of what lies outside the client, and so written out, as are the types of zod schemas. */
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

/** The text of `realtimechat_client.d.ts`. Throws when two of its types would have one name. */
export function clientDeclarations(): string {
  const { program, entry } = declarationProgram();
  const checker = program.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(entry)!);
  const gathered = new Map<string, { symbol: ts.Symbol; node: ts.Declaration }>();
  const queue = exported.map((each) => unaliased(checker, each));
  for (let symbol = queue.shift(); symbol; symbol = queue.shift()) {
    const node = ownDeclaration(symbol);
    if (!node) continue;
    const known = gathered.get(symbol.name);
    if (known && known.symbol !== symbol) throw new Error(`Two types are named ${symbol.name}`);
    if (known) continue;
    gathered.set(symbol.name, { symbol, node });
    if (!isWrittenOut(symbol, node)) queue.push(...namedIn(checker, node));
  }
  const names = exported.map(({ name }) => name).sort();
  return [
    HEADER,
    ...declarationTexts(checker, [...gathered.values()]),
    `export { ${names.join(", ")} };\n`,
  ].join("\n");
}

/** Two passes: sources to declarations, and those to a program in which names can be looked up. */
function declarationProgram(): { program: ts.Program; entry: ts.SourceFile } {
  const host = ts.createCompilerHost(OPTIONS);
  host.resolveModuleNameLiterals = (literals, file) =>
    literals.map(({ text }) => ({ resolvedModule: resolved(host, text, file) }));
  const emitted = new Map<string, string>();
  const sources = ts.createProgram([ENTRY], OPTIONS, host);
  sources.emit(undefined, (name, text) => {
    emitted.set(name.replace(/\.d\.ts$/, ".ts"), text);
  });
  const { getSourceFile } = host;
  host.getSourceFile = (name, languageVersion) => {
    const text = emitted.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, languageVersion, true);
    return sources.getSourceFile(name) ?? getSourceFile.call(host, name, languageVersion);
  };
  const program = ts.createProgram([ENTRY], { ...OPTIONS, noEmit: true }, host);
  return { program, entry: program.getSourceFile(ENTRY)! };
}

/** Bare names as Deno resolves them, to the declarations beside the module. */
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
  all: { symbol: ts.Symbol; node: ts.Declaration }[],
): string[] {
  const write = writtenOut(checker);
  const outside = all.filter(({ symbol, node }) => isWrittenOut(symbol, node));
  // Rows first: where an operation takes or answers one, it has its name.
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

/** The symbols of this project that a declaration names. */
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
  return !node.getSourceFile().fileName.startsWith(CLIENT) ||
    WRITTEN_OUT.includes(symbol.name) || /\bz\.infer</.test(node.getText());
}

function unaliased(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}
