import { markdownOf } from "../tools/document_tables.ts";
import type { Row } from "./figures.ts";
import { type AllFigures, cell, figuresOf, provenanceOf } from "./report_cells.ts";

const SQLITE = "on SQLite";
const MONGODB = "on MongoDB";
const EXPRESS = "Express";
const BARE = "bare broadcast";
const CENTRIFUGE = "centrifuge";
/** Names, in the column `Limit`, a rate that the load generator could not exceed. */
const LOAD_LIMIT = "load";

/**
 * A row of the summary: a figure of several servers, and the servers that ours are compared with.
 */
interface Comparison {
  what: string;
  rows: Row[];
  column: string;
  peer: string;
  /** True where less is better, as of times. */
  less?: boolean;
}

/** Returns the table of README.md, with losses named. */
export function summaryOf(all: AllFigures): string {
  const rows = comparisonsOf(all).filter(({ rows }) => rows.length > 0).map(lineOf);
  const heading = ["", "on SQLite", "on MongoDB", "peer", "× the peer"];
  return `${markdownOf([heading, ...rows])}\n\n${pageOf(all)}\n\n${
    provenanceOf(figuresOf(all, "sends"))
  }`;
}

function comparisonsOf(all: AllFigures): Comparison[] {
  const sends = rowsOf(all, "sends");
  const live = rowsOf(all, "live");
  const ways = [...new Set(sends.map((row) => row["Sends over REST"]))];
  return [
    ...ways.map((way) => ({
      what: `REST sends/s, ${way}`,
      rows: sends.filter((row) => row["Sends over REST"] === way),
      column: "Sends/s",
      peer: EXPRESS,
    })),
    {
      what: "200 messages/s to 100: p50, ms",
      rows: live,
      column: "p50 ms",
      peer: EXPRESS,
      less: true,
    },
    { what: "… p99, ms", rows: live, column: "p99 ms", peer: EXPRESS, less: true },
    ...[EXPRESS, BARE].map((peer) => ({
      what: "… CPU a delivery, µs",
      rows: live,
      column: "CPU µs",
      peer,
      less: true,
    })),
    ...[100, 500, 1_000].map((receivers) => ({
      what: `most deliveries/s to ${cell(receivers)}, p99 < 100 ms`,
      rows: rowsOf(all, `full_${receivers}`),
      column: "Deliveries/s",
      peer: CENTRIFUGE,
    })),
  ];
}

function lineOf({ what, rows, column, peer, less }: Comparison): string[] {
  const valueOf = (server: string) => rows.find((row) => row.Server === server)?.[column];
  const [ours, theirs] = [[SQLITE, MONGODB].map(valueOf), valueOf(peer)];
  const isOpen = rows.some((row) => row.Server === peer && row.Limit === LOAD_LIMIT);
  const ratios = ours.filter((each) => each !== undefined)
    .map((each) => ratioOf(Number(each), Number(theirs), less ?? false));
  const compared = isOpen ? "open: load limited the peer" : ratios.join("; ");
  return [what, ...ours.map(cell), `${cell(theirs)} ${peer}`, compared];
}

/** A loss says so. */
function ratioOf(ours: number, theirs: number, less: boolean): string {
  const ratio = cell(ours / theirs);
  return (less ? ours > theirs : ours < theirs) ? `${ratio}, behind` : ratio;
}

/** Returns nothing for a bench that was not run yet. */
function rowsOf(all: AllFigures, name: string): Row[] {
  return all.get(name)?.rows ?? [];
}

function pageOf(all: AllFigures): string {
  const sentences = [
    ["page_sizes", "The page's script, gzipped, in KB"],
    ["page", "Usable on slow 4G with the processor slowed down four times, in ms"],
    ["cold", "A start until the first answer, in ms of CPU time"],
  ].map(([bench, what]) => [what, rowsOf(all, bench).map(named).join(", ")]);
  return sentences.filter(([, figures]) => figures !== "")
    .map(([what, figures]) => `${what}: ${figures}.`).join(" ");
}

/** The first column names a row, the second is its figure. */
function named(row: Row): string {
  const [name, value] = Object.values(row);
  return `${name} ${cell(value)}`;
}
