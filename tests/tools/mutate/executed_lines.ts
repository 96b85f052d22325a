/** Lines of each source that ran, by its path relative to the project's folder. */
export type ExecutedLines = Map<string, Set<number>>;

/** Reads a report of `deno coverage --lcov` about the sources in `folder`. */
export function readLcov(report: string, folder: string): ExecutedLines {
  const executed: ExecutedLines = new Map();
  for (const record of report.split("end_of_record")) {
    const path = /^SF:(.*)$/m.exec(record)?.[1];
    if (!path?.startsWith(`${folder}/`)) continue;
    const lines = record.matchAll(/^DA:(\d+),[1-9]/gm).map(([, line]) => Number(line));
    executed.set(path.slice(folder.length + 1), new Set(lines));
  }
  return executed;
}
