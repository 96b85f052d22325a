import type { Log, LogFields } from "./log.ts";

export interface LogLimitOptions {
  /**
   * Warnings with the same message in one window; further ones are counted, and the next line
   * reports the number.
   */
  maxPerWindow?: number;
  windowMs?: number;
  now?: () => number;
}

interface Window {
  start: number;
  written: number;
  suppressed: number;
}

/**
 * Bounds how often one warning is written: while a broker or a database is away, every retry of
 * every room would write a line. Errors are never suppressed. Messages come from the code, so that
 * their number is bounded.
 */
export function limitRepeats(log: Log, options: LogLimitOptions = {}): Log {
  const { maxPerWindow = 10, windowMs = 60_000, now = () => performance.now() } = options;
  const windows = new Map<string, Window>();
  const extraOf = (message: string): LogFields | null => {
    const window = windows.get(message);
    if (!window || now() - window.start >= windowMs) {
      windows.set(message, { start: now(), written: 1, suppressed: 0 });
      return window?.suppressed ? { suppressed: window.suppressed } : {};
    }
    if (window.written++ < maxPerWindow) return {};
    window.suppressed++;
    return null;
  };
  const limited = (inner: Log): Log => ({
    ...inner,
    warn(message, fields) {
      const extra = extraOf(message);
      if (extra) inner.warn(message, { ...fields, ...extra });
    },
    with: (fields) => limited(inner.with(fields)),
  });
  return limited(log);
}
