/**
 * Returns the stack of a programming error, to show where it is; the message of an intended error
 * is enough.
 */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const ours = error instanceof TypeError || error instanceof ReferenceError;
  return ours ? error.stack ?? error.message : error.message;
}
