import ts from "typescript";

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
  | "boundary moved"
  | "await removed"
  | "call removed"
  | "result changed";

type Change = Omit<Mistake, "line" | "original" | "start" | "end">;

/** Calls whose absence no test should notice. */
const UNNOTICED = /(^|\.)(log|debug|info|warn|error|span|unrefTimer)\(|^super\(/;

/** Returns the mistakes that can be made in a source, in its order; each leaves it valid. */
export function mistakesIn(source: string, fileName: string): Mistake[] {
  const kind = fileName.endsWith("x") ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true, kind);
  const found: Mistake[] = [];
  const add = (node: ts.Node, change: Change) => {
    const start = node.getStart(file), end = node.getEnd();
    const line = file.getLineAndCharacterOfPosition(start).line + 1;
    found.push({ ...change, line, start, end, original: source.slice(start, end) });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
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

type Rule = (node: ts.Node, add: (node: ts.Node, change: Change) => void) => void;

const RULES: Rule[] = [
  (node, add) => {
    if (!ts.isIfStatement(node) && !ts.isConditionalExpression(node)) return;
    const condition = ts.isIfStatement(node) ? node.expression : node.condition;
    add(condition, { kind: "condition negated", replacement: `!(${condition.getText()})` });
  },
  (node, add) => {
    if (!ts.isBinaryExpression(node)) return;
    const { left, right, operatorToken: { kind } } = node;
    const isAnd = kind === ts.SyntaxKind.AmpersandAmpersandToken;
    if (!isAnd && kind !== ts.SyntaxKind.BarBarToken) return;
    add(node, { kind: "condition dropped", replacement: left.getText() });
    add(node, { kind: "condition dropped", replacement: right.getText() });
  },
  (node, add) => {
    if (!ts.isBinaryExpression(node)) return;
    const replacement = BOUNDARIES[node.operatorToken.getText()];
    if (replacement) add(node.operatorToken, { kind: "boundary moved", replacement });
  },
  (node, add) => {
    if (!ts.isAwaitExpression(node) || !ts.isExpressionStatement(node.parent)) return;
    add(node, { kind: "await removed", replacement: `void ${node.expression.getText()}` });
  },
  (node, add) => {
    if (!ts.isExpressionStatement(node)) return;
    const text = node.getText();
    const call = ts.isAwaitExpression(node.expression)
      ? node.expression.expression
      : node.expression;
    if (!ts.isCallExpression(call) || UNNOTICED.test(text)) return;
    add(node, { kind: "call removed", replacement: ";" });
  },
  (node, add) => {
    if (!ts.isReturnStatement(node) || !node.expression) return;
    const { kind } = node.expression;
    if (kind === ts.SyntaxKind.TrueKeyword) {
      add(node, { kind: "result changed", replacement: "return false;" });
    } else if (kind === ts.SyntaxKind.FalseKeyword) {
      add(node, { kind: "result changed", replacement: "return true;" });
    }
  },
];

const BOUNDARIES: Record<string, string | undefined> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "+": "-",
};
