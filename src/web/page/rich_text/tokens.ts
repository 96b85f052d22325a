import { splitLinks } from "./links.ts";

/** A text as it is shown: only ever made into elements one by one, never into HTML. */
export type Block =
  | { kind: "paragraph"; content: Inline[] }
  | { kind: "quote"; content: Inline[] }
  | { kind: "code"; text: string };

export type Inline =
  | { kind: "text"; text: string }
  | { kind: "link"; href: string }
  | { kind: "code"; text: string }
  | { kind: "bold" | "italic" | "struck"; content: Inline[] };

const FENCE = "```";
const MARKS = { "**": "bold", "__": "bold", "~~": "struck", "*": "italic", "_": "italic" } as const;
type Mark = keyof typeof MARKS;

/** Marks within marks within marks: deeper ones stay as they were written. */
const MAX_DEPTH = 3;

/**
 * Reads the part of Markdown that people write in chats: bold, italics, struck out, code, blocks of
 * code, quotes, and addresses. Whatever is not closed stays as it was written. The time grows with
 * the length.
 */
export function blocksOf(text: string): Block[] {
  const blocks: Block[] = [];
  const parts = text.split(FENCE);
  // A fence that is not closed opens nothing.
  if (parts.length % 2 === 0) parts.push(parts.splice(-2).join(FENCE));
  parts.forEach((part, at) => {
    if (at % 2 === 1) blocks.push({ kind: "code", text: withoutLanguage(part) });
    else blocks.push(...linesOf(parts.length > 1 ? part.replace(/^\n|\n$/g, "") : part));
  });
  return blocks;
}

/** Returns the text without its marks, in one line, for where there is no place for more. */
export function plainOf(text: string): string {
  return blocksOf(text).map((block) => block.kind === "code" ? block.text : plain(block.content))
    .join(" ").replace(/\s+/g, " ");
}

function plain(content: readonly Inline[]): string {
  return content.map((inline) => {
    if (inline.kind === "link") return inline.href;
    return "content" in inline ? plain(inline.content) : inline.text;
  }).join("");
}

/** The name of a language may follow the opening fence. */
function withoutLanguage(code: string): string {
  return code.replace(/^[\w+#-]*\n/, "").replace(/\n$/, "");
}

/** Lines that begin with `>` stand together as a quote, all others as a paragraph. */
function linesOf(text: string): Block[] {
  if (text === "") return [];
  const runs: { isQuote: boolean; lines: string[] }[] = [];
  for (const line of text.split("\n")) {
    const isQuote = line.startsWith(">");
    const shown = isQuote ? line.replace(/^> ?/, "") : line;
    const last = runs.at(-1);
    if (last?.isQuote === isQuote) last.lines.push(shown);
    else runs.push({ isQuote, lines: [shown] });
  }
  return runs.map(({ isQuote, lines }) => ({
    kind: isQuote ? "quote" : "paragraph",
    content: inlineOf(lines.join("\n")),
  }));
}

/** Code first: nothing in it is a mark or an address. */
function inlineOf(text: string): Inline[] {
  const parts = text.split("`");
  if (parts.length % 2 === 0) parts.push(parts.splice(-2).join("`"));
  return parts.flatMap((part, at): Inline[] => {
    if (at % 2 === 1) {
      return part === "" ? [{ kind: "text", text: "``" }] : [{ kind: "code", text: part }];
    }
    return linkedOf(part);
  });
}

/** Addresses next: their underscores and stars are their own. */
function linkedOf(text: string): Inline[] {
  return splitLinks(text).flatMap((part, at) => {
    return at % 2 === 1 ? [{ kind: "link" as const, href: part }] : markedOf(part, 0);
  });
}

function markedOf(text: string, depth: number): Inline[] {
  const found: Inline[] = [];
  let plainFrom = 0;
  // The first place from which a mark is known not to be closed, so that no text is searched twice.
  const unclosed = new Map<Mark, number>();
  for (let at = 0; at < text.length && depth < MAX_DEPTH;) {
    const mark = markAt(text, at);
    const end = mark && (unclosed.get(mark) ?? Infinity) > at ? endOf(text, mark, at) : -1;
    if (mark === null || end === -1) {
      if (mark !== null) unclosed.set(mark, Math.min(unclosed.get(mark) ?? Infinity, at));
      at += mark?.length ?? 1;
      continue;
    }
    if (at > plainFrom) found.push({ kind: "text", text: text.slice(plainFrom, at) });
    const content = markedOf(text.slice(at + mark.length, end), depth + 1);
    found.push({ kind: MARKS[mark], content });
    at = plainFrom = end + mark.length;
  }
  if (plainFrom < text.length) found.push({ kind: "text", text: text.slice(plainFrom) });
  return found;
}

/** A mark opens only where a word begins: `snake_case` and `2 * 3` have none. */
function markAt(text: string, at: number): Mark | null {
  const two = text.slice(at, at + 2);
  const mark = two in MARKS ? two as Mark : text[at] in MARKS ? text[at] as Mark : null;
  if (mark === null) return null;
  const before = text[at - 1] ?? " ";
  const after = text[at + mark.length] ?? " ";
  return /[\s\p{P}\p{S}]/u.test(before) && /\S/.test(after) ? mark : null;
}

/** Where the mark closes: after a word, and before none. */
function endOf(text: string, mark: Mark, from: number): number {
  for (let at = from + mark.length + 1; at < text.length;) {
    const end = text.indexOf(mark, at);
    if (end === -1) return -1;
    const after = text[end + mark.length] ?? " ";
    const isClosing = /\S/.test(text[end - 1]) && /[\s\p{P}\p{S}]/u.test(after);
    // One star is no end where two stand.
    const isPart = mark.length === 1 && (after === mark || text[end - 1] === mark);
    if (isClosing && !isPart) return end;
    at = end + (isPart ? 2 : mark.length);
  }
  return -1;
}
