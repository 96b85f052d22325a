import ts from "typescript";
import type { Rule } from "./mistakes.ts";

/** Mistakes in conditions, boundaries, awaits, calls, assignments, filters and results. */
export const codeRules: Rule[] = [
  (node, add) => {
    if (!ts.isIfStatement(node)) return;
    if (node.elseStatement) return add(node.expression, negated(node.expression));
    add(node.expression, { kind: "branch dropped", replacement: "false as boolean" });
    if (isJoined(node.expression) || leaves(node.thenStatement)) return;
    add(node.expression, { kind: "condition dropped", replacement: "true as boolean" });
  },
  (node, add) => {
    if (ts.isConditionalExpression(node)) add(node.condition, negated(node.condition));
  },
  (node, add) => {
    if (!ts.isBinaryExpression(node) || !isJoined(node)) return;
    add(node, { kind: "condition dropped", replacement: node.left.getText() });
    add(node, { kind: "condition dropped", replacement: node.right.getText() });
  },
  (node, add) => {
    if (!ts.isBinaryExpression(node) || isText(node.left) || isText(node.right)) return;
    const operator = node.operatorToken;
    const replacement = BOUNDARIES[operator.getText()];
    if (replacement && !isCondition(node)) add(operator, { kind: "boundary moved", replacement });
  },
  (node, add) => {
    if (!ts.isAwaitExpression(node) || !ts.isExpressionStatement(node.parent)) return;
    add(node, { kind: "await removed", replacement: `void ${node.expression.getText()}` });
  },
  (node, add) => {
    if (!ts.isExpressionStatement(node)) return;
    const { expression } = node;
    const call = ts.isAwaitExpression(expression) ? expression.expression : expression;
    if (ts.isCallExpression(call)) add(node, { kind: "call removed", replacement: "{}" });
    else if (isAssignment(call)) add(node, { kind: "assignment removed", replacement: "{}" });
  },
  (node, add) => {
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const { name, expression } = node.expression;
    if (name.text !== "filter" || node.arguments.length !== 1) return;
    add(node, { kind: "filter dropped", replacement: expression.getText() });
  },
  (node, add) => {
    if (!ts.isReturnStatement(node) || !node.expression) return;
    const opposite = OPPOSITES[node.expression.getText()];
    if (opposite) add(node, { kind: "result changed", replacement: `return ${opposite};` });
  },
];

const OPPOSITES: Record<string, string | undefined> = { true: "false", false: "true" };

const BOUNDARIES: Record<string, string | undefined> = {
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "+": "-",
};

function negated(condition: ts.Expression) {
  return { kind: "condition negated", replacement: `!(${condition.getText()})` } as const;
}

function isJoined(node: ts.Expression): boolean {
  if (!ts.isBinaryExpression(node)) return false;
  const { kind } = node.operatorToken;
  return kind === ts.SyntaxKind.AmpersandAmpersandToken || kind === ts.SyntaxKind.BarBarToken;
}

/** True if an equality is a whole condition: its opposite is made by another rule. */
function isCondition(node: ts.BinaryExpression): boolean {
  if (!node.operatorToken.getText().endsWith("==")) return false;
  const { parent } = node;
  return ts.isIfStatement(parent) ||
    ts.isConditionalExpression(parent) && parent.condition === node;
}

/** True if the branch is a guard: it does nothing but leave. */
function leaves(statement: ts.Statement): boolean {
  return ts.isReturnStatement(statement) || ts.isThrowStatement(statement) ||
    ts.isContinueStatement(statement) || ts.isBreakStatement(statement);
}

function isText(node: ts.Expression): boolean {
  return ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) ||
    ts.isBinaryExpression(node) && (isText(node.left) || isText(node.right));
}

function isAssignment(node: ts.Expression): boolean {
  if (ts.isPostfixUnaryExpression(node)) return true;
  if (!ts.isBinaryExpression(node)) return false;
  return /^([-+*/|&]|\?\?|\|\||&&)?=$/.test(node.operatorToken.getText());
}
