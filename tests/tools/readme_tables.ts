/**
 * The tables of the README that say what the code says. Run as a program, it writes them anew:
 * `deno run --allow-read --allow-write tests/tools/readme_tables.ts && deno fmt README.md`.
 */
import * as chats from "../../src/api/operations/chats.ts";
import { LIMIT_SPECS, type LimitKey, limitVariable } from "../../src/api/limits.ts";
import { ERROR_CODES } from "../../src/core/errors.ts";
import { statusOf, titleOf } from "../../src/core/problem.ts";
import * as messages from "../../src/api/operations/messages.ts";
import type { Operation } from "../../src/api/operation.ts";
import { DEFAULT_RATES, LIMIT_NAMES, type Rate, rateVariable } from "../../src/api/rate_limits.ts";

import * as realtime from "../../src/api/operations/realtime.ts";

/** The heading, and then the rows. */
export type Table = string[][];

const README = new URL("../../README.md", import.meta.url);

const number = (value: number) => value.toLocaleString("en-US");
const code = (text: string) => `\`${text}\``;

/** What the sockets offer, but for hello. */
const COMMANDS = [chats, messages, realtime].flatMap((module) => Object.values(module))
  .filter((value): value is Operation => "socket" in value && value.socket === true)
  .sort((a, b) => a.name < b.name ? -1 : 1);

/** What the code says, by the name that stands in the table's marker. */
export const TABLES: Readonly<Record<string, Table>> = {
  commands: [
    ["Command", "What it does", "The same over REST"],
    ...COMMANDS.map(({ name, summary, rest }) => [
      code(name),
      summary,
      rest ? code(`${rest.method} /api${rest.path}`) : "",
    ]),
  ],
  limits: [
    ["Variable", "What it limits", "Default", "From", "To"],
    ...(Object.keys(LIMIT_SPECS) as LimitKey[]).map((key) => {
      const { about, default: byDefault, min, max } = LIMIT_SPECS[key];
      return [code(limitVariable(key)), about, number(byDefault), number(min), number(max)];
    }),
  ],
  rates: [
    ["Variable", "Default"],
    ...LIMIT_NAMES.map((name) => [code(rateVariable(name)), code(rateText(DEFAULT_RATES[name]))]),
  ],
  errors: [
    ["`code`", "Status", "Title"],
    ...ERROR_CODES.map((each) => [code(each), String(statusOf(each)), titleOf(each)]),
  ],
};

function rateText({ count, periodMs }: Rate): string {
  return `${count}/${periodMs / 60_000}m`;
}

/** The cells of the table between `<!-- table: name -->` and `<!-- end -->`. */
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

function markdownOf([heading, ...rows]: Table): string {
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [line(heading), line(heading.map(() => "---")), ...rows.map(line)].join("\n");
}

if (import.meta.main) {
  let text = await Deno.readTextFile(README);
  for (const [name, table] of Object.entries(TABLES)) {
    const [from, to] = boundsOf(text, name);
    text = `${text.slice(0, from)}\n\n${markdownOf(table)}\n\n${text.slice(to)}`;
  }
  await Deno.writeTextFile(README, text);
}
