/** A piece of text that people read, with its first line. */
export interface Passage {
  line: number;
  text: string;
  kind: "comment" | "test" | "log" | "error";
}

const TOKEN = new RegExp(
  [
    /(?<line>\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*)/, // adjoining line comments are one text
    /(?<block>\/\*[^]*?\*\/)/,
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`/,
    /(?<=[=(,:;!&|?{}[\n]\s*|return\s+)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//,
  ].map(({ source }) => source).join("|"),
  "g",
);

/** Comments as running text: without their marks, examples, tags of linters, and line breaks. */
export function commentsOf(source: string): Passage[] {
  return Array.from(source.matchAll(TOKEN)).flatMap(({ groups, index }) => {
    const raw = groups?.line ?? groups?.block;
    if (raw === undefined) return [];
    const line = lineAt(source, index);
    return paragraphs(raw).map((text): Passage => ({ line, text, kind: "comment" }));
  });
}

function paragraphs(raw: string): string[] {
  return raw.replace(/```[^]*?```/g, "")
    .replace(/^[ \t]*(?:\/\*\*?|\/\/+|\*\/|\*)[ \t]?/gm, "").replace(/\*\/$/, "")
    .split(/\n\s*\n|\n(?=\s*(?:- |@\w+))/)
    .map((text) => text.replace(/`[^`]*`/g, "``").replace(/\s+/g, " ").replace(/^- /, "").trim())
    .filter((text) => text !== "" && !/^(?:deno-lint|@ts-|deno-fmt)/.test(text));
}

const STRING = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\[^])*`)/.source;
const TEXTS: readonly [Passage["kind"], RegExp][] = [
  ["test", new RegExp(String.raw`\b(?:Deno\.test|test|step|check)(?:\.\w+)?\(\s*` + STRING, "g")],
  ["test", new RegExp(String.raw`\btest\(\{\s*name:\s*` + STRING, "g")],
  ["log", new RegExp(String.raw`\blog\??\.(?:debug|info|warn|error)\(\s*` + STRING, "g")],
  ["error", new RegExp(String.raw`\bnew AppError\(\s*"\w+",\s*` + STRING, "g")],
  ["error", new RegExp(String.raw`\bnew \w*Error\(\s*` + STRING, "g")],
];

/** Returns names of tests, log messages and error texts, without inserted values. */
export function textsOf(source: string): Passage[] {
  return TEXTS.flatMap(([kind, pattern]) =>
    Array.from(source.matchAll(pattern), ({ 1: literal, index }): Passage => ({
      line: lineAt(source, index),
      text: literal.slice(1, -1).replace(/\$\{[^}]*\}/g, "…"),
      kind,
    }))
  ).filter(({ text }) => text.includes(" "));
}

/** The source without comments, strings and patterns: blanks in their place keep every index. */
export function codeOf(source: string): string {
  return source.replace(TOKEN, (token) => token.replace(/[^\n]/g, " "));
}

/** Returns the line of an index, counted from 1. */
export function lineAt(source: string, index: number): number {
  return source.slice(0, index).split("\n").length;
}
