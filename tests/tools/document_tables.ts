import * as chats from "../../src/api/operations/chats.ts";
import * as messages from "../../src/api/operations/messages.ts";
import * as realtime from "../../src/api/operations/realtime.ts";
import type { Operation } from "../../src/api/operation.ts";
import { ERROR_CODES } from "../../src/core/errors.ts";
import { statusOf, titleOf } from "../../src/core/problem.ts";

/** Rows of a table, its heading first. */
export type Table = string[][];

const code = (text: string) => `\`${text}\``;

/** Commands of sockets, without hello. */
const COMMANDS = [chats, messages, realtime].flatMap((module) => Object.values(module))
  .filter((value): value is Operation => "socket" in value && value.socket === true)
  .sort((a, b) => a.name < b.name ? -1 : 1);

/** Generated tables of src/api/README.md, by the name in the table's marker. */
export const TABLES: Readonly<Record<string, Table>> = {
  commands: [
    ["Command", "What it does"],
    ...COMMANDS.map(({ name, summary }) => [code(name), summary]),
  ],
  errors: [
    ["`code`", "Status", "Title"],
    ...ERROR_CODES.map((each) => [code(each), String(statusOf(each)), titleOf(each)]),
  ],
};

/** Returns the cells of the table between `<!-- table: name -->` and `<!-- end -->`. */
export function tableOf(markdown: string, name: string): Table {
  const rows = blockOf(markdown, name).trim().split("\n");
  const cells = rows.map((row) => row.trim().slice(1, -1).split("|").map((cell) => cell.trim()));
  return cells.filter((_, at) => at !== 1);
}

function blockOf(markdown: string, name: string): string {
  const [from, to] = boundsOf(markdown, name);
  return markdown.slice(from, to);
}

function boundsOf(markdown: string, name: string): [from: number, to: number] {
  const start = `<!-- table: ${name} -->`;
  const from = markdown.indexOf(start) + start.length;
  const to = markdown.indexOf("<!-- end -->", from);
  if (!markdown.includes(start) || to === -1) throw new Error(`There is no table "${name}"`);
  return [from, to];
}

/** Returns `markdown` with every table generated from the code. */
export function withTables(markdown: string): string {
  return Object.entries(TABLES).reduce((text, [name, table]) => {
    const [from, to] = boundsOf(text, name);
    return `${text.slice(0, from)}\n\n${markdownOf(table)}\n\n${text.slice(to)}`;
  }, markdown);
}

export function markdownOf([heading, ...rows]: Table): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)].join("\n");
}
