import ts from "typescript";
import type { Change, Rule } from "./mistakes.ts";

/** Mistakes in SQL and in MongoDB's filters, which stand in texts and objects. */
export const queryRules: Rule[] = [
  (node, add) => {
    if (!isQueryText(node)) return;
    for (const change of sqlChanges(node.getText())) add(node, change);
  },
  (node, add) => {
    if (!ts.isPropertyAssignment(node)) return;
    const replacement = OPERATORS[node.name.getText()];
    if (replacement) add(node.name, { kind: "query boundary moved", replacement });
  },
  (node, add) => {
    if (!ts.isObjectLiteralExpression(node) || !isFilter(node)) return;
    const { properties } = node;
    if (properties.length < 2) return;
    for (const each of properties) {
      const left = properties.filter((other) => other !== each).map((other) => other.getText());
      const replacement = `{ ${left.join(", ")} }`;
      add(node, { kind: "query condition dropped", replacement });
    }
  },
];

const OPERATORS: Record<string, string | undefined> = {
  $lt: "$lte",
  $lte: "$lt",
  $gt: "$gte",
  $gte: "$gt",
};

/** Methods of a collection whose first argument says which documents. */
const READS_FILTER = /\.(find|findOne|findOneAndUpdate|updateOne|updateMany|deleteOne|deleteMany)$/;

function isFilter(node: ts.ObjectLiteralExpression): boolean {
  const call = node.parent;
  return ts.isCallExpression(call) && call.arguments[0] === node &&
    READS_FILTER.test(call.expression.getText());
}

function isQueryText(node: ts.Node): boolean {
  const isLiteral = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node);
  return isLiteral && /\b(SELECT|UPDATE|DELETE|INSERT|WHERE)\b/.test(node.getText());
}

/** A comparison that another one stands beside; its value is a parameter, a text or a name. */
const COMPARISON = /[\w.]+ (?:=|<>|<=?|>=?|IS(?: NOT)?) (\?\d*|'[^']*'|\$\{[^}]*\}|[^\s()'"`;,]+)/g;

function* sqlChanges(text: string): Generator<Change> {
  for (const { 0: found, 1: value, index } of text.matchAll(COMPARISON)) {
    const end = index + found.length;
    if (!/\bAND\s+$/.test(text.slice(0, index)) && !/^\s+AND\b/.test(text.slice(end))) continue;
    // A parameter that is left out would be an error of SQLite, which says nothing of the tests.
    const replacement = value.startsWith("?") ? `(${value} IS NULL OR 1)` : "1";
    yield { kind: "query condition dropped", replacement, part: { start: index, end } };
  }
  for (const { 1: operator, index } of text.matchAll(/ ([<>]=?) /g)) {
    const part = { start: index + 1, end: index + 1 + operator.length };
    const replacement = operator.endsWith("=") ? operator[0] : `${operator}=`;
    yield { kind: "query boundary moved", replacement, part };
  }
}
