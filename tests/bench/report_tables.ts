import { markdownOf, type Table } from "../tools/document_tables.ts";
import type { Figures } from "./figures.ts";
import { type AllFigures, cell, provenanceOf } from "./report_cells.ts";
import { summaryOf } from "./report_summary.ts";

const BLOCK = /(<!-- figures: (\w+) -->\n)(.*?)(<!-- end -->)/gs;

/**
 * Returns the document with what stands between `<!-- figures: name -->` and `<!-- end -->` written
 * from the bench's figures; `summary` is written from several. The block of a bench that has kept
 * nothing stays. Before `deno fmt`.
 */
export function withFigures(markdown: string, all: AllFigures): string {
  return markdown.replaceAll(
    BLOCK,
    (whole: string, start: string, name: string, _, end: string) => {
      if (name === "summary") return `${start}\n${summaryOf(all)}\n\n${end}`;
      const figures = all.get(name);
      return figures ? `${start}\n${benchTable(figures)}\n\n${end}` : whole;
    },
  );
}

function benchTable(figures: Figures): string {
  const names = Object.keys(figures.rows[0]);
  const table: Table = [names, ...figures.rows.map((row) => names.map((name) => cell(row[name])))];
  return `${markdownOf(table)}\n\n${provenanceOf(figures)}`;
}

/** Returns the text without what `deno fmt` changes: line breaks, and the width of tables. */
export function withoutLayout(markdown: string): string {
  return markdown.replaceAll(/-{3,}/g, "---").replaceAll(/\s+/g, " ");
}
