import ts from "typescript";

/**
 * Platform types that the library uses and that no ECMAScript library has, for projects that have
 * neither the DOM library nor @types/node: every part of them that callers use.
 */
const FALLBACKS: Readonly<Record<string, string>> = {
  AbortSignal: "{ readonly aborted: boolean; readonly reason: unknown }",
  Blob: "{ readonly size: number; readonly type: string; arrayBuffer(): Promise<ArrayBuffer> }",
  CryptoKey: "{ readonly type: string; readonly extractable: boolean; readonly usages: string[] }",
  File: "{ readonly name: string; readonly size: number; readonly type: string; " +
    "arrayBuffer(): Promise<ArrayBuffer> }",
};

const FILE = "types.d.ts";
const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  types: [],
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2022.d.ts"],
};
const UNKNOWN_NAME = /^Cannot find name '(\w+)'/;

/**
 * Returns declarations that compile without the DOM library: each platform type is that of the
 * project's own libraries, where they have it. Throws for a type without a fallback here.
 */
export function withPlatformTypes(declarations: string): string {
  const missing = new Set<string>();
  for (const text of faultsOf(declarations)) missing.add(UNKNOWN_NAME.exec(text)?.[1] ?? text);
  const added = [...missing].sort().map(platformType);
  const complete = [...added, declarations].join("\n");
  const [fault] = faultsOf(complete);
  if (fault) throw new Error(`Cannot write the client's types: ${fault}`);
  return complete;
}

function platformType(name: string): string {
  const fallback = FALLBACKS[name];
  if (fallback) {
    return `type ${name} = typeof globalThis extends { ${name}: { prototype: infer T } } ? T : ${fallback};`;
  }
  throw new Error(
    `Cannot write the client's types: ${name} needs the DOM library. Add what callers touch of it to FALLBACKS in ` +
      "tests/tools/client_package/platform_types.ts, or use a type of the library's own",
  );
}

function faultsOf(text: string): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, version) =>
    name === FILE
      ? ts.createSourceFile(name, text, version, true)
      : getSourceFile.call(host, name, version);
  host.fileExists = (name) => name === FILE || fileExists.call(host, name);
  return ts.getPreEmitDiagnostics(ts.createProgram([FILE], OPTIONS, host)).map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, "\n")
  );
}
