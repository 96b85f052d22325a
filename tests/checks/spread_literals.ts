import { codeOf, lineAt } from "./wording_scanner.ts";

const CLOSING: Readonly<Record<string, string>> = { "[": "]", "{": "}", "(": ")" };

/**
 * Lines of literals that are spread where their entries could stand: `[...[a, b], c]`,
 * `f(...{ a })`. A spread that chooses (`...(isOpen ? [a] : [])`) or computes
 * (`...[a, b].map(f)`) is none.
 */
export function spreadLiterals(source: string): number[] {
  const code = codeOf(source);
  return Array.from(code.matchAll(/\.\.\.\s*((?:\(\s*)*)(?=[[{])/g)).flatMap((match) => {
    const { 0: { length }, 1: parentheses, index } = match;
    const rest = code.slice(endOf(code, index + length));
    const closed = `(?:\\s*\\)){${parentheses.replace(/\s/g, "").length}}`;
    const isWhole = new RegExp(`^(?:\\s*as const)?${closed}\\s*[,)\\]}]`).test(rest);
    return isWhole ? [lineAt(source, index)] : [];
  });
}

/** The index after the bracket that closes the one at `start`. */
function endOf(code: string, start: number): number {
  const open: string[] = [];
  for (let at = start; at < code.length; at++) {
    if (code[at] in CLOSING) open.push(CLOSING[code[at]]);
    else if (code[at] === open.at(-1)) open.pop();
    if (open.length === 0) return at + 1;
  }
  return code.length;
}
