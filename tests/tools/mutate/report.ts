import type { Verdict } from "./hunt.ts";

/** Returns a mistake with who noticed; a survivor with the code as it was and as it became. */
export function described({ file, mistake, outcome, by }: Verdict): string {
  const { line, kind, original, replacement } = mistake;
  const short = (text: string) => text.replaceAll(/\s+/g, " ").slice(0, 100);
  const head = `${outcome} ${file}:${line} ${kind} (${by})`;
  if (outcome === "noticed") return head;
  return `${head}\n  - ${short(original)}\n  + ${short(replacement)}`;
}

/** Returns the rates as a Markdown table, one row for each path. */
export function table(verdicts: Map<string, Verdict[]>): string {
  const rows = [...verdicts].map(([path, all]) => {
    const noticed = all.filter(({ outcome }) => outcome === "noticed");
    const byTypes = noticed.filter(({ by }) => by === "types").length;
    const rate = all.length === 0 ? "-" : `${Math.round(noticed.length / all.length * 100)} %`;
    const survived = all.length - noticed.length;
    return `| ${path} | ${all.length} | ${noticed.length} | ${byTypes} | ${survived} | ${rate} |`;
  });
  const heads = "| Path | Mistakes | Noticed | By types alone | Survived | Rate |";
  return [heads, "| --- | --- | --- | --- | --- | --- |", ...rows].join("\n");
}
