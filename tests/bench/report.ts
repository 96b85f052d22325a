import { fileURLToPath } from "node:url";
import { allFigures } from "./figures.ts";
import { withFigures } from "./report_tables.ts";

/** The documents with parts that are written from figures. */
export const REPORTS = ["README.md", "tests/bench/README.md"].map((path) =>
  new URL(`../../${path}`, import.meta.url)
);

/** Writes the tables of the documents from the kept figures. */
export async function report(): Promise<void> {
  const figures = await allFigures();
  for (const document of REPORTS) {
    const markdown = await Deno.readTextFile(document);
    await Deno.writeTextFile(document, withFigures(markdown, figures));
  }
  const args = ["fmt", "--quiet", ...REPORTS.map((url) => fileURLToPath(url))];
  const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
  if (!success) throw new Error("Cannot format the documents with the figures");
}
