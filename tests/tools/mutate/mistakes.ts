import ts from "typescript";
import { codeRules } from "./code_rules.ts";
import { queryRules } from "./query_rules.ts";

/** One small mistake: `replacement` in place of the characters from `start` to `end`. */
export interface Mistake {
  kind: MistakeKind;
  /** Line of its start, from 1. */
  line: number;
  start: number;
  end: number;
  original: string;
  replacement: string;
}

export type MistakeKind =
  | "condition negated"
  | "condition dropped"
  | "branch dropped"
  | "boundary moved"
  | "await removed"
  | "call removed"
  | "assignment removed"
  | "filter dropped"
  | "result changed"
  | "query condition dropped"
  | "query boundary moved";

/** A mistake in place of a whole node, or of the part of its text that `part` gives. */
export interface Change {
  kind: MistakeKind;
  replacement: string;
  /** Offsets within the node's text. */
  part?: { start: number; end: number };
}

export type Rule = (node: ts.Node, add: (node: ts.Node, change: Change) => void) => void;

const RULES: Rule[] = [...codeRules, ...queryRules];

/** Returns the mistakes that can be made in a source, in its order; each leaves it valid. */
export function mistakesIn(source: string, fileName: string): Mistake[] {
  const kind = fileName.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true, kind);
  const found: Mistake[] = [];
  const add = (node: ts.Node, { part, ...change }: Change) => {
    const from = node.getStart(file);
    const start = from + (part?.start ?? 0), end = part ? from + part.end : node.getEnd();
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ ...change, line, start, end, original: source.slice(start, end) });
  };
  const visit = (node: ts.Node): void => {
    if (isUnnoticed(node)) return;
    for (const rule of RULES) rule(node, add);
    node.forEachChild(visit);
  };
  file.forEachChild(visit);
  return found.sort((a, b) => a.start - b.start);
}

/** Returns the source with one mistake made. */
export function withMistake(source: string, { start, end, replacement }: Mistake): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

/** Calls that no test should notice: logs, spans, and timers that do not keep a process alive. */
const UNNOTICED_CALLS =
  /(^|\.)(log|debug|info|warn|error|span|mark|unref|unrefTimer|meta|describe|setAttribute)$/;

/** True for types, texts of errors, texts of metrics and logs: nothing below it is a promise. */
function isUnnoticed(node: ts.Node): boolean {
  if (ts.isTypeNode(node)) return true;
  if (ts.isExpressionStatement(node)) return isUnnoticedCall(node.expression);
  if (ts.isNewExpression(node)) return /Error$/.test(node.expression.getText());
  if (ts.isPropertyAssignment(node)) {
    return /^(help|description|message)$/.test(node.name.getText());
  }
  return isUnnoticedCall(node);
}

function isUnnoticedCall(node: ts.Node): boolean {
  if (!ts.isCallExpression(node)) return false;
  const name = node.expression.getText();
  return name === "super" || UNNOTICED_CALLS.test(name);
}
