export type LogLevel = "debug" | "info" | "warn" | "error";

const encoder = new TextEncoder();

/**
 * Writes a line to standard output, past the console: `deno serve --parallel` puts the worker's
 * name before lines of the console, which are then no JSON.
 */
export function writeLine(line: string): void {
  let rest = encoder.encode(`${line}\n`);
  try {
    while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  } catch {
    // The reader is gone. A log that fails must not fail the logged operation.
  }
}

/** Writes a line to the console, where OpenTelemetry collects it with the severity of its level. */
export function writeToConsole(line: string, level: LogLevel): void {
  console[level](line);
}
