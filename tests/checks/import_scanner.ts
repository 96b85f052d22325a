export interface Import {
  specifier: string;
  line: number;
  /** Absent at run time: `import type`, `export type … from`, or every name marked `type`. */
  typeOnly: boolean;
  dynamic: boolean;
}

const STATIC =
  /(?<![\w.$])(?:import|export)\b\s*((?:type\b)?[\w\s{},*$]*?)(?:\bfrom\s*)?(["'])(\d+)\2/g;
const DYNAMIC = /(?<![\w.$])import\s*\(\s*(["'])(\d+)\1/g;

/**
 * Returns the imports of a module without a parser: comments and the contents of strings are
 * masked.
 */
export function importsOf(source: string): Import[] {
  const { code, strings } = mask(source);
  const lineAt = (index: number) => code.slice(0, index).split("\n").length;
  const found: Import[] = [];
  for (const { 1: clause, 3: string, index } of code.matchAll(STATIC)) {
    const typeOnly = isTypeOnly(clause);
    found.push({
      specifier: strings[Number(string)],
      line: lineAt(index),
      typeOnly,
      dynamic: false,
    });
  }
  for (const { 2: string, index } of code.matchAll(DYNAMIC)) {
    const typeOnly = isTypeQuery(code, index);
    found.push({
      specifier: strings[Number(string)],
      line: lineAt(index),
      typeOnly,
      dynamic: true,
    });
  }
  return found.sort((a, b) => a.line - b.line);
}

/** Lines that read the environment, by any of the ways. */
export function environmentReads(source: string): number[] {
  const { code } = mask(source);
  const reads = code.matchAll(/\bDeno\s*\.\s*env\b|\bprocess\s*\.\s*env\b/g);
  return Array.from(reads, ({ index }) => code.slice(0, index).split("\n").length);
}

function isTypeOnly(clause: string): boolean {
  if (/^type\s+[\w{*$]/.test(clause) && !/^type\s+from\s*$/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*$/.exec(clause)?.[1].split(",").filter((name) => name.trim());
  return names !== undefined && names.length > 0 && names.every((name) => /^\s*type\s/.test(name));
}

/** `typeof import("x")` and `import("x").Name` are types: they load no module. */
function isTypeQuery(code: string, index: number): boolean {
  return /\btypeof\s*$/.test(code.slice(0, index)) ||
    /^import\s*\([^)]*\)\s*\.\s*[A-Z]/.test(code.slice(index, index + 80));
}

const TOKEN = new RegExp(
  [
    /\/\/[^\n]*/, // comment
    /\/\*[^]*?\*\//, // comment
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/, // string
    /`(?:[^`\\]|\\[^])*`/, // template, taken as a whole
    /(?<=[=(,:;!&|?{}[\n]\s*|return\s+)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//, // regexp
  ].map(({ source }) => source).join("|"),
  "g",
);

/** Replaces comments and templates by blanks, strings by their number, and keeps the lines. */
function mask(source: string): { code: string; strings: string[] } {
  const strings: string[] = [];
  const code = source.replace(TOKEN, (token) => {
    const lines = token.replace(/[^\n]/g, "");
    if (!/^["']/.test(token)) return ` ${lines}`;
    strings.push(token.slice(1, -1));
    return `${token[0]}${strings.length - 1}${token[0]}`;
  });
  return { code, strings };
}
