import assert from "node:assert/strict";
import { allFigures, type Figures } from "./figures.ts";
import { REPORTS } from "./report.ts";
import { withFigures, withoutLayout } from "./report_tables.ts";

Deno.test("the documents show the figures that are kept: deno task bench report", async () => {
  const figures = await allFigures();
  for (const document of REPORTS) {
    const markdown = await Deno.readTextFile(document);
    const isCurrent = withoutLayout(withFigures(markdown, figures)) === withoutLayout(markdown);
    assert.ok(isCurrent, `${document.pathname} is out of date: deno task bench report`);
  }
});

const figures: Figures = {
  measuredAt: "2026-01-02",
  commit: "abc",
  machine: { processor: "A processor", cores: 2, memoryGb: 24, kernel: "6" },
  versions: { deno: "2.9.6", v8: "14", go: "go version go1.26.8 linux/amd64" },
  rows: [{ Server: "one", "Sends/s": 12_345.678 }, { Server: "two", "Sends/s": 0.126 }],
};

Deno.test("a report replaces what stands between the marks of a bench, and nothing else", () => {
  const before = "Before\n\n<!-- figures: lone -->\n\nold\n\n<!-- end -->\n\nAfter\n";
  const after = withFigures(before, new Map([["lone", figures]]));
  assert.equal(
    withoutLayout(after),
    "Before <!-- figures: lone --> | Server | Sends/s | | --- | --- | | one | 12,345.68 | | two | 0.13 | " +
      "Measured on 2026-01-02 at commit abc, with Deno 2.9.6, Go 1.26.8 on 2 cores " +
      "(A processor, 24 GB). <!-- end --> After ",
  );
  assert.equal(withFigures(before, new Map()), before, "a bench without figures");
});

Deno.test("a report's summary names what is behind its peer", () => {
  const sends = rowsOf("Sends/s", [300, 100, 200], { "Sends over REST": "one client" });
  const live = ["p50 ms", "p99 ms", "CPU µs"].map((column) => {
    return rowsOf(column, [1, 9, 4, 2]);
  });
  const merged = live[0].map((row, at) => ({ ...row, ...live[1][at], ...live[2][at] }));
  const full = rowsOf("Deliveries/s", [50, 20, 0, 0, 40]);
  const all: [string, Figures["rows"]][] = [
    ["sends", sends],
    ["live", merged],
    ...["full_100", "full_500", "full_1000"].map((name): [string, Figures["rows"]] => [name, full]),
    ...["page", "page_sizes", "cold"].map((
      name,
    ): [string, Figures["rows"]] => [name, [{ a: name, b: 1 }]]),
  ];
  const known = new Map(all.map(([name, rows]) => [name, { ...figures, rows }]));
  const text = withoutLayout(withFigures("<!-- figures: summary -->\n<!-- end -->", known));
  const express = "200 Express";
  assert.ok(
    text.includes(`REST sends/s, one client | 300 | 100 | ${express} | 1.5; 0.5, behind |`),
    text,
  );
  assert.ok(
    text.includes("| 9 | 4 Express | 0.25; 2.25, behind |"),
    text,
  );
  assert.ok(text.includes("| 9 | 2 bare broadcast | 0.5; 4.5, behind |"), text);
  assert.ok(text.includes("| 50 | 20 | 40 centrifuge | 1.25; 0.5, behind |"), text);
});

const SERVERS = [
  "on SQLite",
  "on MongoDB",
  "Express",
  "bare broadcast",
  "centrifuge",
];

function rowsOf(column: string, values: number[], more = {}): Figures["rows"] {
  return values.map((value, at) => ({ ...more, Server: SERVERS[at], [column]: value }));
}

Deno.test("a report's summary compares nothing with a peer that the load generator limited", () => {
  const rows = rowsOf("Deliveries/s", [50, 20, 0, 0, 40], { Limit: "load" });
  const names = ["sends", "full_100"];
  const known = new Map(names.map((name) => [name, { ...figures, rows }]));
  const text = withoutLayout(withFigures("<!-- figures: summary -->\n<!-- end -->", known));
  assert.ok(text.includes("| 50 | 20 | 40 centrifuge | open: load limited the peer |"), text);
});
