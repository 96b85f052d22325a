import { type LogLevel, writeLine } from "./log_output.ts";

export type { LogLevel };

export type LogFields = Record<string, unknown>;

/** Writes one structured line per event. Fields are JSON, so no input can start a second line. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log, with `fields` on every line. */
  with(fields: LogFields): Log;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3 };

/**
 * Writes JSON lines through `write` (standard output by default); lines below `level` cost nothing.
 * `context` gives each line the fields of the moment at which it is written.
 */
export function jsonLog(
  level: LogLevel = "info",
  write: (line: string, level: LogLevel) => void = writeLine,
  base: LogFields = {},
  context: () => LogFields = () => ({}),
): Log {
  const line = (at: LogLevel) => (message: string, fields: LogFields = {}) => {
    if (RANK[at] < RANK[level]) return;
    const time = new Date().toISOString();
    const json = JSON.stringify(
      { time, level: at, message, ...base, ...context(), ...fields },
      plainErrors,
    );
    write(oneLine(json), at);
  };
  return {
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
    with: (fields) => jsonLog(level, write, { ...base, ...fields }, context),
  };
}

export const silentLog: Log = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  with: () => silentLog,
};

/**
 * Characters that JSON does not escape, but that some readers treat as line ends, or terminals as
 * commands.
 */
const UNESCAPED = /[\x7f-\x9f\u2028\u2029]/g;

function oneLine(json: string): string {
  return json.replace(
    UNESCAPED,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** An Error has no enumerable properties: without this it would be logged as `{}`. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}
