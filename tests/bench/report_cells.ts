import type { Figures, Row } from "./figures.ts";

/** Kept figures by the name of their bench. */
export type AllFigures = ReadonlyMap<string, Figures>;

/** Throws if the bench has kept nothing. */
export function figuresOf(all: AllFigures, name: string): Figures {
  const figures = all.get(name);
  if (!figures) throw new Error(`Cannot report: there are no figures of the bench "${name}"`);
  return figures;
}

/** Returns a figure as the reports show it. */
export function cell(value: Row[string] | undefined): string {
  if (typeof value === "number") return value.toLocaleString("en", { maximumFractionDigits: 2 });
  return value ?? "";
}

/** Returns a sentence about when and where the figures were measured. */
export function provenanceOf({ measuredAt, commit, machine, versions }: Figures): string {
  const { processor, cores, memoryGb } = machine;
  const used = Object.entries(versions).filter(([name]) => name in NAMES)
    .map(([name, version]) => `${NAMES[name]} ${numberOf(version)}`);
  return `Measured on ${measuredAt} at commit ${commit}, with ${
    used.join(", ")
  } on ${cores} cores ` +
    `(${processor}, ${memoryGb} GB).`;
}

const NAMES: Record<string, string> = { deno: "Deno", node: "Node", go: "Go" };

/** "go version go1.26.8 linux/amd64" and "v20.20.2" are 1.26.8 and 20.20.2. */
function numberOf(version: string): string {
  return /\d+(\.\d+)+/.exec(version)?.[0] ?? version;
}
